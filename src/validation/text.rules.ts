import type { Faults } from '../faults.js';

/** C0, DEL and C1, and unpaired surrogates: PostgreSQL, XML or a terminal would choke on them. */
const forbidden = /[\u0000-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
/** The same, with line feed, carriage return and tab let through. */
const forbiddenMultiline =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

export interface TextLimits {
  /** In Unicode characters (code points). */
  readonly max: number;
  /** Line feed, carriage return and tab may stand in it. */
  readonly multiline?: boolean;
}

/** Upper limits of what people type, in characters. */
export const textLimits = {
  name: { max: 200 },
  description: { max: 2_000, multiline: true },
  reason: { max: 500, multiline: true },
  search: { max: 100 },
  identifier: { max: 255 },
  secret: { max: 1_024 },
} as const satisfies Record<string, TextLimits>;

/** Whether the text holds a character that is refused everywhere. */
export function hasForbiddenCharacter(text: string, multiline = false): boolean {
  return (multiline ? forbiddenMultiline : forbidden).test(text);
}

/** A text that must not be blank: trimmed, or undefined with a fault noted. */
export function requiredText(faults: Faults, path: readonly string[], text: string, limits: TextLimits): string {
  const trimmed = text.trim();
  if (isBlank(trimmed)) faults.add('INVALID', path, 'Must not be blank.');
  else checkText(faults, path, trimmed, limits);
  return trimmed;
}

/** A text that may be missing; a blank one counts as none. */
export function optionalText(
  faults: Faults,
  path: readonly string[],
  text: string | null | undefined,
  limits: TextLimits,
): string | null {
  const trimmed = text?.trim() ?? '';
  if (isBlank(trimmed)) return null;
  checkText(faults, path, trimmed, limits);
  return trimmed;
}

/** A secret: taken as it is, never trimmed, never repeated in a message. */
export function secretText(faults: Faults, path: readonly string[], text: string): string {
  if (text === '') faults.add('INVALID', path, 'Must not be empty.');
  else checkText(faults, path, text, textLimits.secret);
  return text;
}

/** Whether a text has more characters (code points) than that. */
export function isLongerThan(text: string, max: number): boolean {
  return text.length > max && Array.from(text).length > max;
}

/** Nothing to be seen: blanks, and what only formats, such as zero-width spaces. Control characters are refused as such. */
function isBlank(text: string): boolean {
  return /^[\p{Z}\p{Cf}]*$/u.test(text);
}

function checkText(faults: Faults, path: readonly string[], text: string, { max, multiline }: TextLimits): void {
  if (isLongerThan(text, max)) faults.add('INVALID', path, `Must be at most ${max} characters long.`);
  if (hasForbiddenCharacter(text, multiline)) faults.add('INVALID', path, 'Must not hold control characters.');
}

/** A whole number within limits, both included. */
export function wholeNumber(
  faults: Faults,
  path: readonly string[],
  value: number,
  { min, max, unit }: { min: number; max: number; unit?: string },
): number {
  if (value < min || value > max) {
    faults.add('INVALID', path, `Must be from ${min} to ${max}${unit === undefined ? '' : ` ${unit}`}.`);
  }
  return value;
}
