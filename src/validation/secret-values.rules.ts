import type { Faults } from '../faults.js';
import { checkJsonObject, type JsonObject } from './json-object.rules.js';

/** The write-only values of a campaign or provider in clear, while they are being changed. */
export type SecretValues = Record<string, unknown>;

/** What a caller says about write-only values: null clears all, null for a name removes it, absent names stay. */
export type SecretChanges = JsonObject | null | undefined;

/** The values after the changes; checks names and values together with what is kept. */
export function mergeSecrets(
  faults: Faults,
  path: readonly string[],
  current: SecretValues,
  changes: SecretChanges,
): SecretValues {
  if (changes === undefined) return current;
  if (changes === null) return {};
  checkJsonObject(faults, path, changes, { secretsAllowed: true });
  const merged = Object.fromEntries(Object.entries({ ...current, ...changes }).filter(([, value]) => value !== null));
  if (!faults.has(path)) checkJsonObject(faults, path, merged, { secretsAllowed: true });
  return merged;
}
