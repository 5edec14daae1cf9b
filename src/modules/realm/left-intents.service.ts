import { LockMode } from '@mikro-orm/core';

import type { AppServices } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import type { RealmAdmin } from '../../integrations/keycloak/realm-admin.js';
import { RealmIntent } from './realm-intent.entity.js';
import { lockRealmCreation } from './realm-locks.service.js';

/** After so long an intent that nobody holds is one that an interrupted create left; in milliseconds. */
const leftAfterMs = 120_000;
/** How long after it was first seen to be missing a realm is looked for again: a Keycloak that hung may make it yet. */
const secondLookAfterMs = 50_000;
/** Where so many in a row fail it is Keycloak that is out, and not one realm that it does not get on with. */
const maxFailures = 3;

/**
 * Clears away what interrupted creates left: unlocked for more than two minutes, realm and intent. Never finishes them,
 * and removes a realm only where its id is that of the intent. Where there is none, the intent goes at a second look.
 */
export async function removeLeftIntents(app: AppServices): Promise<void> {
  const { realmAdmin } = app;
  if (realmAdmin === undefined) return;
  const ago = (milliseconds: number): Date => new Date(app.now().getTime() - milliseconds);
  const left = await app.db.platform.em.fork().find(
    RealmIntent,
    {
      createdAt: { $lt: ago(leftAfterMs) },
      $or: [{ missingSince: null }, { missingSince: { $lt: ago(secondLookAfterMs) } }],
    },
    { orderBy: { createdAt: 'asc' }, fields: ['id'] },
  );
  let failures = 0;
  for (const { id } of left) {
    try {
      await removeLeft(app, realmAdmin, id);
      failures = 0;
    } catch (err) {
      failures += 1;
      app.log.warn({ intent: id, err }, 'what an interrupted create left could not be removed yet');
      if (failures === maxFailures) return;
    }
  }
}

/**
 * Removes an intent together with its realm; leaves one that a running create holds.
 *
 * @throws KeycloakFault UNAVAILABLE
 */
export async function removeLeft(app: AppServices, admin: RealmAdmin, id: string): Promise<void> {
  await inTransaction(app.db.platform, async (em) => {
    const intent = await em.findOne(RealmIntent, { id }, { lockMode: LockMode.PESSIMISTIC_PARTIAL_WRITE });
    if (intent === null) return;
    await lockRealmCreation(em);
    const found = await admin.remove(intent.realm, id);
    if (found !== 'OURS' && intent.missingSince === null) {
      intent.missingSince = app.now();
      return;
    }
    em.remove(intent);
    const details = { intent: id, tenantId: intent.tenantId, realm: intent.realm };
    if (found === 'FOREIGN')
      app.log.warn(details, 'what a create left is given up: the realm is not ours, or hidden from us');
    else app.log.info(details, 'removed what a create left');
  });
}
