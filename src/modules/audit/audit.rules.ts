import { isDeepStrictEqual } from 'node:util';

/** What an audit entry records. */
export const auditActions = [
  'CREATED',
  'PATCHED',
  'TRANSITIONED',
  'DELETED',
  'SECRET_CHANGED',
  'SECRETS_READ',
  'TOKEN_REFUSED',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** A value that only ever shows that it changed. */
export class SealedAuditValue {
  constructor(readonly sealed: string) {}
}

/** The order of a list's keys; members that came or went do not count as a change of order. */
export class AuditOrder {
  constructor(readonly keys: readonly string[]) {}
}

/** Everything of a record that the trail follows: field path → value. Absent and null mean the same. */
export type AuditView = Readonly<Record<string, unknown>>;

/** Field path → what changed: `{ old, new }`, or `{ changed: true }` for a secret. */
export type AuditChanges = Record<string, { old: unknown; new: unknown } | { changed: true }>;

/** What differs between two views of one record, path by path. */
export function auditChanges(before: AuditView, after: AuditView): AuditChanges {
  const changes: AuditChanges = {};
  for (const path of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const change = changeOf(before[path] ?? null, after[path] ?? null);
    if (change !== undefined) changes[path] = change;
  }
  return changes;
}

function changeOf(before: unknown, after: unknown): AuditChanges[string] | undefined {
  if (before instanceof SealedAuditValue || after instanceof SealedAuditValue) {
    return isDeepStrictEqual(before, after) ? undefined : { changed: true };
  }
  if (before instanceof AuditOrder && after instanceof AuditOrder) {
    const inBoth = (one: AuditOrder, other: AuditOrder): string[] => one.keys.filter((key) => other.keys.includes(key));
    return isDeepStrictEqual(inBoth(before, after), inBoth(after, before))
      ? undefined
      : { old: before.keys, new: after.keys };
  }
  if (before instanceof AuditOrder || after instanceof AuditOrder) return undefined;
  const [old, present] = [plain(before), plain(after)];
  return isDeepStrictEqual(old, present) ? undefined : { old, new: present };
}

/** A value as it is stored: what a caller sent may differ from it and mean the same, such as -0. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
