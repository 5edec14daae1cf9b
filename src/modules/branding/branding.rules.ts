import type { Faults } from '../../faults.js';
import { CssRefusal, sanitiseCss } from './custom-css.rules.js';

export const brandColorNames = ['primary', 'secondary', 'accent', 'background', 'text'] as const;
export const brandFontNames = ['headings', 'body', 'monospace'] as const;

type Changes<Name extends string> = { readonly [Field in Name]?: string | null };

/** Branding as it is sent, without its pictures: absent is unchanged, null clears. */
export interface BrandingChanges {
  readonly colors?: Changes<(typeof brandColorNames)[number]> | null;
  readonly typography?: Changes<(typeof brandFontNames)[number]> | null;
  readonly customCss?: string | null;
}

/** The columns of a tenant that hold its branding, without its pictures; null where a group has no value. */
export interface BrandingColumns {
  brandColors: Record<string, string> | null;
  brandTypography: Record<string, string> | null;
  customCss: string | null;
}

export const noBranding: Readonly<BrandingColumns> = { brandColors: null, brandTypography: null, customCss: null };

/**
 * What a tenant's branding becomes: colours and typography merge field by field. Without changes it stays; null clears
 * all of it. Where a value is at fault, that is noted and the value there is stays.
 */
export function mergeBranding(
  faults: Faults,
  path: readonly string[],
  changes: BrandingChanges | null | undefined,
  current: Readonly<BrandingColumns>,
): BrandingColumns {
  const { brandColors, brandTypography, customCss } = current;
  if (changes === undefined) return { brandColors, brandTypography, customCss };
  if (changes === null) return { ...noBranding };
  const group = (field: 'colors' | 'typography') => ({ faults, path: [...path, field], changes: changes[field] });
  return {
    brandColors: mergeGroup(group('colors'), brandColorNames, normalisedColor, current.brandColors),
    brandTypography: mergeGroup(group('typography'), brandFontNames, normalisedFont, current.brandTypography),
    customCss: mergedCss(faults, [...path, 'customCss'], changes.customCss, current.customCss),
  };
}

interface GroupChanges {
  readonly faults: Faults;
  readonly path: readonly string[];
  readonly changes: Changes<string> | null | undefined;
}

type Normalise = (faults: Faults, path: readonly string[], value: string) => string | undefined;

function mergeGroup(
  { faults, path, changes }: GroupChanges,
  names: readonly string[],
  normalise: Normalise,
  current: Record<string, string> | null,
): Record<string, string> | null {
  if (changes === undefined) return current;
  if (changes === null) return null;
  const merged: Record<string, string> = {};
  for (const name of names) {
    const sent = changes[name];
    const changed = typeof sent === 'string' ? normalise(faults, [...path, name], sent) : undefined;
    const value = sent === null ? undefined : (changed ?? current?.[name]);
    if (value !== undefined) merged[name] = value;
  }
  return Object.keys(merged).length === 0 ? null : merged;
}

/** A colour as #RGB, #RRGGBB or #RRGGBBAA, in upper case; undefined, with a fault noted, where it is none of these. */
export function normalisedColor(faults: Faults, path: readonly string[], value: string): string | undefined {
  const color = value.trim().toUpperCase();
  if (/^#([0-9A-F]{3}|[0-9A-F]{6}|[0-9A-F]{8})$/.test(color)) return color;
  faults.add('INVALID', path, 'Must be a colour: # and 3, 6 or 8 hexadecimal digits.');
  return undefined;
}

/** A font family or a list of them, as in CSS; undefined, with a fault noted, where it is none. */
export function normalisedFont(faults: Faults, path: readonly string[], value: string): string | undefined {
  const family = value.trim();
  if (/^[\w ,'"-]{1,200}$/.test(family)) return family;
  const allowed = 'letters A to Z, digits, blanks and , \' " - _';
  faults.add('INVALID', path, `Must be a font family of 1 to 200 characters: ${allowed}.`);
  return undefined;
}

function mergedCss(
  faults: Faults,
  path: readonly string[],
  css: string | null | undefined,
  current: string | null,
): string | null {
  if (css === undefined) return current;
  try {
    return css === null ? null : sanitiseCss(css) || null;
  } catch (error) {
    if (!(error instanceof CssRefusal)) throw error;
    for (const problem of error.problems) faults.add('INVALID', path, problem);
    return current;
  }
}
