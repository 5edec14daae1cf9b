import type { EntityManager } from '@mikro-orm/postgresql';

import { codeOf } from '../../database/conflicts.js';
import { timeLeft } from '../../integrations/deadline.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';

/** How long a lock is waited for where nobody waits for us, in milliseconds: others may be waiting for a slow Keycloak. */
const patientMs = 60_000;
/** Of the time that is left to whoever waits for a realm to be made, this much is kept for making it. */
const makingMs = 2_000;
/** For the statements that come after the wait. */
const spareMs = 5_000;

/**
 * Keycloak must not make or remove realms in parallel: waits until other replicas are through with theirs, and holds
 * them off until the transaction ends.
 *
 * @throws KeycloakFault UNAVAILABLE
 */
export async function lockRealmCreation(em: EntityManager): Promise<void> {
  await lock(em, ['tenantry.realm-creation', 0], timeLeft() - makingMs);
}

/**
 * One at a time changes a tenant's realm in Keycloak, over all replicas. The tenant's row stays free meanwhile, so that a
 * change of its status need not wait for Keycloak.
 *
 * @param id the tenant's UUID
 * @throws KeycloakFault UNAVAILABLE
 */
export async function lockRealm(em: EntityManager, id: string): Promise<void> {
  await lock(em, [id, 1], timeLeft());
}

async function lock(em: EntityManager, key: readonly [string, number], milliseconds: number): Promise<void> {
  const waitMs = Math.floor(Math.min(Math.max(milliseconds, 1), patientMs));
  await em.execute(`set local lock_timeout = ${waitMs}; set local statement_timeout = ${waitMs + spareMs}`);
  try {
    await em.execute('select pg_advisory_xact_lock(hashtextextended(?, ?))', [...key]);
  } catch (error) {
    if (!isLockWait(error)) throw error;
    throw new KeycloakFault('UNAVAILABLE', 'others are still at work there', { cause: error });
  }
  await em.execute('set local lock_timeout to default; set local statement_timeout to default');
}

/** Whether a lock did not come in time, which says nothing about Keycloak itself. */
export function isLockWait(error: unknown): boolean {
  return codeOf(error) === '55P03';
}
