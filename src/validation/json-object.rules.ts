import type { Faults } from '../faults.js';
import { hasForbiddenCharacter } from './text.rules.js';

export type JsonObject = Record<string, unknown>;

const maxBytes = 16 * 1_024;
const maxDepth = 5;
const maxKeys = 200;
const reservedKeys = new Set(['__proto__', 'constructor', 'prototype']);
const secretLikeKey = /pass(word|wd|phrase)|secret|token|api[-_ ]?key|private[-_ ]?key/i;

interface Walk {
  readonly faults: Faults;
  readonly secretsAllowed: boolean;
  keys: number;
  /** Values seen; each takes more than a byte. */
  values: number;
  isTooDeep: boolean;
}

/**
 * Checks a JSON object from a caller: at most 16 KiB, depth 5 and 200 keys; no NUL, half a surrogate, prototype key or
 * number beyond IEEE 754. Where secrets do not belong, keys that look like one are refused.
 */
export function checkJsonObject(
  faults: Faults,
  path: readonly string[],
  value: JsonObject,
  { secretsAllowed }: { secretsAllowed: boolean },
): void {
  const walk: Walk = { faults, secretsAllowed, keys: 0, values: 0, isTooDeep: false };
  checkValue(walk, path, value, 1);
  if (walk.keys > maxKeys) faults.add('INVALID', path, `Must have at most ${maxKeys} keys.`);
  // Only now: what is nested without end would overflow the stack here.
  if (!walk.isTooDeep && (walk.values > maxBytes || jsonBytes(value) > maxBytes)) {
    faults.add('INVALID', path, `Must be at most ${maxBytes} bytes of JSON.`);
  }
}

function jsonBytes(value: JsonObject): number {
  return Buffer.byteLength(JSON.stringify(value));
}

function checkValue(walk: Walk, path: readonly string[], value: unknown, depth: number): void {
  walk.values += 1;
  if (walk.values > maxBytes) return;
  if (typeof value === 'string') {
    if (hasForbiddenCharacter(value, true)) walk.faults.add('INVALID', path, 'Must not hold control characters.');
    return;
  }
  if (typeof value === 'number' && !Number.isFinite(value))
    walk.faults.add('INVALID', path, 'This number is too large.');
  // One fault of this kind says it all, and a caller may send thousands.
  if (typeof value !== 'object' || value === null || walk.isTooDeep || walk.keys > maxKeys) return;
  if (depth > maxDepth) {
    walk.isTooDeep = true;
    walk.faults.add('INVALID', path, `Must be at most ${maxDepth} levels deep.`);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    const memberPath = [...path, key];
    if (!Array.isArray(value)) checkKey(walk, memberPath, key);
    checkValue(walk, memberPath, member, depth + 1);
  }
}

function checkKey(walk: Walk, path: readonly string[], key: string): void {
  walk.keys += 1;
  if (reservedKeys.has(key)) walk.faults.add('INVALID', path, 'This key is reserved.');
  else if (key === '' || hasForbiddenCharacter(key)) {
    walk.faults.add('INVALID', path, 'Keys must not be empty or hold control characters.');
  } else if (!walk.secretsAllowed && secretLikeKey.test(key)) {
    walk.faults.add(
      'INVALID',
      path,
      'This looks like a secret, which anyone who may read tenants would see here; use secrets.',
    );
  }
}

const maxBytesTogether = 256 * 1_024;
const maxSecretsTogether = 1_000;

/**
 * Checks what the members of a list hold together: 256 KiB of settings, as much as a request can hold where no variable is
 * used again and again, and 1,000 secrets, each of which is opened by itself when they are read.
 */
export function checkTogether(
  faults: Faults,
  path: readonly string[],
  members: readonly { readonly settings: JsonObject; readonly secrets: JsonObject }[],
): void {
  if (faults.has(path)) return;
  const bytes = members.reduce((sum, { settings }) => sum + jsonBytes(settings), 0);
  if (bytes > maxBytesTogether)
    faults.add('INVALID', path, `Must hold at most ${maxBytesTogether} bytes of settings together.`);
  const secrets = members.reduce((sum, member) => sum + Object.keys(member.secrets).length, 0);
  if (secrets > maxSecretsTogether)
    faults.add('INVALID', path, `Must hold at most ${maxSecretsTogether} secrets together.`);
}
