import { createHash, createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { EntityManager } from '@mikro-orm/postgresql';

import type { RequestContext } from '../../context.js';
import { UserFault, userFault } from '../../errors.js';
import { Faults } from '../../faults.js';
import { requiredText, textLimits } from '../../validation/text.rules.js';
import { actorOf } from '../audit/audit.service.js';
import { IdempotencyKey } from './idempotency-key.entity.js';
import { RealmIntent } from '../realm/realm-intent.entity.js';

/** A caller's key together with what it was sent with. */
export interface KeyedInput {
  readonly id: string;
  readonly inputDigest: string;
  readonly tenantId: string;
}

const path = ['input', 'idempotencyKey'];
const keptMs = 24 * 60 * 60_000;
const waitedMs = 15_000;
const pollMs = 100;

/** Calls under way in this process, by key: a second one waits for the first. */
const running = new Map<string, Promise<unknown>>();

/**
 * Runs a create under a key: the tenant of an earlier call with the same key and input is answered again, a concurrent
 * one is waited for, over replicas too. The key is settled by `settleKey`, in the transaction that makes the tenant.
 *
 * @returns UUID of the tenant
 * @throws UserFault IDEMPOTENCY_KEY_REUSED, INVALID, and whatever the create throws
 */
export async function underKey(ctx: RequestContext, keyed: KeyedInput, create: () => Promise<string>): Promise<string> {
  for (let before = running.get(keyed.id); before !== undefined; before = running.get(keyed.id)) {
    await before.catch(() => undefined);
  }
  const call = createOnce(ctx, keyed, create);
  running.set(keyed.id, call);
  try {
    return await call;
  } finally {
    running.delete(keyed.id);
  }
}

async function createOnce(ctx: RequestContext, keyed: KeyedInput, create: () => Promise<string>): Promise<string> {
  const known = await findTenantOf(ctx, keyed);
  if (known !== undefined) return known;
  try {
    return await create();
  } catch (error) {
    // Whoever made it meanwhile may have been this very call, on another replica.
    if (!(error instanceof UserFault) || !error.errors.some(({ code }) => code === 'TAKEN')) throw error;
    const settled = await waitForOther(ctx, keyed);
    if (settled === undefined) throw error;
    return settled;
  }
}

async function waitForOther(ctx: RequestContext, keyed: KeyedInput): Promise<string | undefined> {
  const deadline = Date.now() + waitedMs;
  for (;;) {
    const settled = await findTenantOf(ctx, keyed);
    if (settled !== undefined || Date.now() > deadline) return settled;
    const em = ctx.app.db.platform.em.fork();
    if ((await em.count(RealmIntent, { tenantId: keyed.tenantId })) === 0) return await findTenantOf(ctx, keyed);
    await sleep(pollMs);
  }
}

/** @throws UserFault IDEMPOTENCY_KEY_REUSED */
async function findTenantOf(ctx: RequestContext, { id, inputDigest }: KeyedInput): Promise<string | undefined> {
  const em = ctx.app.db.platform.em.fork();
  const known = await em.findOne(IdempotencyKey, { id, createdAt: { $gt: oldest(ctx) } });
  if (known === null) return undefined;
  if (known.inputDigest !== inputDigest) {
    userFault('IDEMPOTENCY_KEY_REUSED', path, 'This key was used with another input; take a new one.');
  }
  return known.tenant;
}

/** Settles the key in the transaction that makes the tenant; keys older than a day go on the way. */
export async function settleKey(
  ctx: RequestContext,
  em: EntityManager,
  { id, inputDigest }: KeyedInput,
  tenant: string,
): Promise<void> {
  await em.nativeDelete(IdempotencyKey, { createdAt: { $lte: oldest(ctx) } });
  em.persist(em.create(IdempotencyKey, { id, inputDigest, tenant, createdAt: ctx.now() }));
}

function oldest(ctx: RequestContext): Date {
  return new Date(ctx.now().getTime() - keptMs);
}

/**
 * Binds a key to its caller and its input. Digests are keyed, since the input holds secrets that could be guessed at.
 *
 * @returns undefined for an input that is nested too deep to be digested
 * @throws UserFault INVALID for a key that is blank or too long
 */
export function keyedInput(
  ctx: RequestContext,
  input: object & { tenantId: string },
  key: string,
): KeyedInput | undefined {
  const faults = new Faults();
  const name = requiredText(faults, path, key, textLimits.identifier);
  faults.throwIfAny();
  const { issuer, subject } = actorOf(ctx);
  const secret = ctx.app.keyRing.derive('idempotency');
  const digest = (...parts: string[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url');
  const text = canonical(input);
  return text === undefined
    ? undefined
    : { id: digest(issuer, subject, name), inputDigest: digest(text), tenantId: input.tenantId };
}

/** JSON with sorted keys, files by the digest of their bytes; what is absent and what is undefined are the same. */
function canonical(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_key, member: unknown) => {
      if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
      const { bytes } = member as { bytes?: unknown };
      if (bytes instanceof Uint8Array) return createHash('sha256').update(bytes).digest('hex');
      return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
