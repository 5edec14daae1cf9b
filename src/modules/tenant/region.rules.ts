import type { Faults } from '../../faults.js';

export const regionFields = ['country', 'timezone', 'currency', 'language'] as const;
type RegionField = (typeof regionFields)[number];

/** The columns of a tenant that hold its region: all of them set, or none. */
export type RegionColumns = Record<RegionField, string | null>;

/** Absent is unchanged; null for the whole clears it. The scalars have checked the values already. */
export type RegionChanges = { readonly [Field in RegionField]?: string | null };

const noRegion: RegionColumns = { country: null, timezone: null, currency: null, language: null };

/** The region after the changes, merged field by field; one that is not there yet needs all of its fields. */
export function mergeRegion(
  faults: Faults,
  path: readonly string[],
  changes: RegionChanges | null | undefined,
  current: Partial<RegionColumns> = noRegion,
): RegionColumns {
  if (changes === null) return noRegion;
  const merged = { ...noRegion };
  for (const field of regionFields) {
    const given = changes?.[field];
    if (given === null) faults.add('INVALID', [...path, field], 'Cannot be empty; clear the region as a whole.');
    merged[field] = given ?? current[field] ?? null;
    if (changes !== undefined && given === undefined && merged[field] === null) {
      faults.add('REQUIRED', [...path, field], 'A region needs country, time zone, currency and language.');
    }
  }
  return merged;
}
