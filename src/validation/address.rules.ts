import type { Faults } from '../faults.js';
import { hasForbiddenCharacter } from './text.rules.js';

const maxUrlLength = 2_048;

/**
 * An absolute URL (WHATWG URL standard) of one of the schemes, without user info, as it was given.
 * Whether it may be called is another question: see the outbound guard.
 */
export function webAddress(
  faults: Faults,
  path: readonly string[],
  text: string,
  schemes: readonly ('http' | 'https' | 'ws' | 'wss')[],
): string {
  const address = text.trim();
  const problem = addressProblem(address, schemes);
  if (problem !== undefined) faults.add('INVALID', path, problem);
  return address;
}

/** The same for an address that may be missing; a blank one counts as none. */
export function optionalWebAddress(
  faults: Faults,
  path: readonly string[],
  text: string | null | undefined,
  schemes: readonly ('http' | 'https' | 'ws' | 'wss')[],
): string | null {
  return text === null || text === undefined || text.trim() === '' ? null : webAddress(faults, path, text, schemes);
}

function addressProblem(text: string, schemes: readonly string[]): string | undefined {
  if (text.length > maxUrlLength) return `Must be at most ${maxUrlLength} characters long.`;
  if (hasForbiddenCharacter(text)) return 'Must not hold control characters.';
  // The URL standard forgives blanks, backslashes and missing or further slashes; those who are handed the address may not.
  if (/[\s\\]/.test(text)) return 'Must not hold blanks or backslashes.';
  if (!/^[^:]+:\/\/[^/]/.test(text) || !URL.canParse(text)) {
    return `Must be an absolute URL (${schemes.map((scheme) => `${scheme}://…`).join(' or ')}).`;
  }
  const url = new URL(text);
  if (!schemes.includes(url.protocol.slice(0, -1))) {
    return `Must begin with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}.`;
  }
  if (url.username !== '' || url.password !== '') return 'Must not carry a user name or password.';
  if (url.hostname === '') return 'Must name a host.';
  return undefined;
}
