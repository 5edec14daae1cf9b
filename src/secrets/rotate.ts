import { setTimeout as sleep } from 'node:timers/promises';

import { MikroORM, type EntityManager } from '@mikro-orm/postgresql';

import { ormOptions } from '../database/orm.js';
import { explain, takePrepareLock } from '../database/prepare.js';
import { StartupError } from '../startup-error.js';
import { checkCanary, dropOtherCanaries, otherThanCanaries } from './canary.js';
import type { KeyRing } from './key-ring.js';
import { reseal, SealError, sealedUnder } from './seal.js';
import { lockTenants, nextTenants, readCells, writeCell, type SealedCell } from './sealed-cells.js';
import { SealedValue } from './sealed-value.entity.js';

export interface RotateOptions {
  /** The login that owns the schema: it alone reads the service's own secrets. */
  readonly ownerUrl: string;
  /** With the key that is being replaced as its previous one. */
  readonly keyRing: KeyRing;
  /** Called every now and then. */
  readonly report?: (progress: RotationProgress) => void;
}

export interface RotationProgress {
  /** Gone through in this round. */
  readonly tenants: number;
  /** Values sealed anew, over all rounds. */
  readonly resealed: number;
}

const tenantsRead = 200;
/** Few, so that whoever changes one of them hardly waits. */
const tenantsLocked = 10;
const betweenRoundsMs = 500;
const maxIdleRounds = 120;

/**
 * Seals everything anew under the current key while the service serves. Tenants are gone through in rounds, until a
 * round finds nothing that is under another key. A tenant is locked as its changes lock it; one that is being changed
 * waits for the next round. The values themselves tell what is done, so it may be broken off and begun again.
 *
 * @returns how many of the tenants' values were sealed anew
 * @throws StartupError where the keys are not this database's, where a value opens under neither, where a tenant stays
 *   locked, or where the database cannot be used
 */
export async function rotateSecrets(options: RotateOptions): Promise<number> {
  const limits = { connections: 2, statementTimeoutMs: 60_000, lockTimeoutMs: 30_000 };
  const orm = new MikroORM(ormOptions(options.ownerUrl, limits));
  try {
    return await rotate(orm, options).catch(explain);
  } finally {
    await orm.close();
  }
}

async function rotate(orm: MikroORM, options: RotateOptions): Promise<number> {
  const { keyRing } = options;
  await whileNobodyStarts(orm, (em) => checkCanary(em, keyRing));
  const resealed = await inRounds(orm.em.fork(), options);
  await whileNobodyStarts(orm, async (em) => {
    await resealOwn(em, keyRing);
    await dropOtherCanaries(em, keyRing);
  });
  return resealed;
}

/** A start makes up secrets of the service's own. */
async function whileNobodyStarts(orm: MikroORM, work: (em: EntityManager) => Promise<void>): Promise<void> {
  await orm.em.fork().transactional(async (em) => {
    await takePrepareLock(em);
    await work(em);
  });
}

/** The passwords of the restricted logins; they stay what they are. */
async function resealOwn(em: EntityManager, ring: KeyRing): Promise<void> {
  for (const own of await em.find(SealedValue, otherThanCanaries)) {
    if (sealedUnder(own.value) === ring.current.kid) continue;
    own.value = await reseal(ring, own.value).catch(() => failUnreadable([own.name]));
  }
}

async function inRounds(em: EntityManager, { keyRing, report }: RotateOptions): Promise<number> {
  let resealed = 0;
  for (let idleRounds = 0; idleRounds < maxIdleRounds;) {
    const round = await goThrough(em, keyRing, (tenants, count) => {
      resealed += count;
      report?.({ tenants, resealed });
    });
    if (round.resealed === 0 && round.locked === 0) {
      return round.unreadable.length === 0 ? resealed : failUnreadable(round.unreadable);
    }
    idleRounds = round.resealed > 0 ? 0 : idleRounds + 1;
    if (round.locked > 0) await sleep(betweenRoundsMs);
  }
  throw new StartupError('Some tenants stay locked by other sessions. Run this again once those have ended.');
}

interface Outcome {
  readonly resealed: number;
  /** Tenants that were being changed. */
  readonly locked: number;
  /** Places of values that open under no key at hand. */
  readonly unreadable: readonly string[];
}

/** One round over all tenants, in the order of their ids. */
async function goThrough(
  em: EntityManager,
  ring: KeyRing,
  seen: (tenants: number, resealed: number) => void,
): Promise<Outcome> {
  let all: Outcome = { resealed: 0, locked: 0, unreadable: [] };
  let after = '00000000-0000-0000-0000-000000000000';
  for (let tenants = 0; ;) {
    const ids = await nextTenants(em, after, tenantsRead);
    if (ids.length === 0) return all;
    const stale = [...new Set((await staleCells(em, ring, ids)).map(({ tenant }) => tenant))];
    for (let start = 0; start < stale.length; start += tenantsLocked) {
      const some = await resealTenants(em, ring, stale.slice(start, start + tenantsLocked));
      all = {
        resealed: all.resealed + some.resealed,
        locked: all.locked + some.locked,
        unreadable: [...all.unreadable, ...some.unreadable],
      };
      seen(tenants, some.resealed);
    }
    after = ids.at(-1) ?? after;
    tenants += ids.length;
    seen(tenants, 0);
  }
}

async function staleCells(em: EntityManager, ring: KeyRing, tenants: readonly string[]): Promise<SealedCell[]> {
  return (await readCells(em, tenants)).filter(({ value }) => sealedUnder(value) !== ring.current.kid);
}

/** What these tenants have under another key, in one transaction; those that are being changed are left out. */
async function resealTenants(em: EntityManager, ring: KeyRing, tenants: readonly string[]): Promise<Outcome> {
  return await em.transactional(async (inner) => {
    const ours = await lockTenants(inner, tenants);
    const unreadable: string[] = [];
    const stale = await staleCells(inner, ring, ours);
    for (const cell of stale) {
      try {
        await writeCell(inner, cell, await reseal(ring, cell.value));
      } catch (error) {
        if (!(error instanceof SealError)) throw error;
        unreadable.push(placeOf(cell));
      }
    }
    return { resealed: stale.length - unreadable.length, locked: tenants.length - ours.length, unreadable };
  });
}

function placeOf({ tenant, table, row, column, name }: SealedCell): string {
  return `tenant ${tenant}: ${table} ${row}, ${column}${name === null ? '' : ` "${name}"`}`;
}

function failUnreadable(places: readonly string[]): never {
  const shown = places.slice(0, 20).map((place) => `  - ${place}`);
  const rest = places.length > shown.length ? [`  and ${places.length - shown.length} more`] : [];
  const message =
    'All else is encrypted under SECRETS_KEY, but these values open neither under it nor under SECRETS_KEY_PREVIOUS. ' +
    'Give the key that they were encrypted under as SECRETS_KEY_PREVIOUS, or restore them, and run this again:';
  throw new StartupError([message, ...shown, ...rest].join('\n'));
}
