import { randomBytes } from 'node:crypto';

import type { AppServices, RequestContext } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { UserFault, userFault } from '../../errors.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { realmAddress, type RealmAddress } from '../../integrations/keycloak/realm-address.js';
import type { RealmAdmin } from '../../integrations/keycloak/realm-admin.js';
import type { RealmCare } from '../../integrations/keycloak/realm-care.js';
import type { AuditChanges } from '../audit/audit.rules.js';
import { changeTenant, type Changed } from '../tenant/change-tenant.service.js';
import { openClientSecret } from './sealed-client-secret.service.js';
import { storeClientSecret } from './client-secret.service.js';
import { checkChangeable, loadTenant, type TenantKey } from '../tenant/find-tenant.service.js';
import { wantsRealmEnabled } from '../tenant/lifecycle.rules.js';
import { locateRealm } from './locate-realm.service.js';
import { areKeysTaken } from './realm-adoption.service.js';
import { driftOf, type RealmDriftCode } from './realm-drift.rules.js';
import { asKeysTaken, confirmKeys, confirmRealm, keysAreTaken } from './realm-confirmation.service.js';
import { inKeycloakTurn } from './keycloak-turn.service.js';
import { lockRealm } from './realm-locks.service.js';
import { noteMissingRealm } from './realm-search.service.js';
import { Tenant } from '../tenant/tenant.entity.js';

/**
 * Puts right what Tenantry may put right in a tenant's realm. One that it made gets its name, its being enabled or not,
 * its client, and what that client's tokens depend on back; what was done is recorded even where a later step fails. An
 * adopted realm is only asked for a token again. Either leaves quarantine, an adopted one with new keys only where they
 * are accepted.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED; REALM_NOT_FOUND, REALM_TAKEN, IDENTITY_PROVIDER_UNAVAILABLE; for an
 *   adopted realm REALM_TOKENS_UNUSABLE at acceptNewKeys where its keys were exchanged, and whatever its grant says
 */
export async function reconcileRealm(ctx: RequestContext, key: TenantKey, acceptNewKeys: boolean): Promise<Changed> {
  const { app } = ctx;
  const tenant = await loadTenant(ctx, app.db.platform.em.fork(), key);
  checkChangeable(tenant, undefined);
  const { realmAdmin, realmCare } = app;
  if (tenant.realmOrigin === 'ADOPTED' || !realmAdmin || !realmCare) return confirmRealm(ctx, tenant, acceptNewKeys);
  return await inKeycloakTurn(ctx, async () => {
    const mended: Mended = { codes: [] };
    return await inTransaction(app.db.platform, async (em) => {
      // Not together with a change of status that Keycloak is following, until the outcome is recorded.
      await lockRealm(em, tenant.id);
      try {
        await mend(app, { realmAdmin, realmCare }, await em.findOneOrFail(Tenant, { id: tenant.id }), mended);
      } catch (error) {
        if (mended.codes.length > 0) await record(ctx, tenant, mended);
        throw error;
      }
      return await record(ctx, tenant, mended).catch(async (error: unknown) => {
        const isRefused = error instanceof UserFault && mended.codes.length > 0; // the keys, which are another tenant's
        if (isRefused) await record(ctx, tenant, { ...mended, keys: undefined });
        throw error;
      });
    });
  });
}

/** What was done so far. */
interface Mended {
  readonly codes: RealmDriftCode[];
  /** The client's secret, where it is not the one that is stored. */
  secret?: string;
  /** Whether the realm is enabled by now, once that is as the status wants it. */
  enabled?: boolean;
  /** Thumbprints of the realm's signing keys. */
  keys?: readonly string[] | undefined;
}

interface Ports {
  readonly realmAdmin: RealmAdmin;
  readonly realmCare: RealmCare;
}

async function mend(app: AppServices, ports: Ports, tenant: Tenant, mended: Mended): Promise<void> {
  const { id, realm, status } = tenant;
  const { name, seen, isReplaced } = await locateRealm(app, ports.realmCare, tenant);
  if (name === undefined) {
    await noteMissingRealm(app, id);
    if (isReplaced) nameIsTaken();
    return userFault('REALM_NOT_FOUND', ['tenant'], 'Keycloak has no such realm; it is being looked for by its id.');
  }
  const secret = await openClientSecret(app.keyRing, tenant);
  const drift = driftOf(status, seen, secret);
  const wanted = wantsRealmEnabled(status);
  if (seen.enabled !== wanted) {
    await ports.realmAdmin.setEnabled(name, id, wanted);
    mended.codes.push(wanted ? 'REALM_DISABLED' : 'REALM_ENABLED');
  }
  if (name !== realm) {
    if ((await ports.realmCare.rename(name, realm, id)) === 'TAKEN') nameIsTaken();
    mended.codes.push('REALM_RENAMED');
  }
  mended.enabled = wanted;
  await mendClient(app, ports.realmCare, tenant, { drift, secret, mended });
  mended.keys = await presentKeys(app, tenant, addressOf(app, tenant));
}

function nameIsTaken(): never {
  return userFault('REALM_TAKEN', ['tenant'], 'Another realm, which Tenantry did not make, has the name.');
}

function addressOf({ config }: AppServices, { realm, serverUrl, issuer }: Tenant): RealmAddress {
  return { ...realmAddress(config.keycloak, realm, serverUrl), issuer };
}

async function mendClient(
  { config }: AppServices,
  care: RealmCare,
  { id, realm, clientId, tenantId }: Tenant,
  { drift, secret, mended }: { drift: readonly RealmDriftCode[]; secret: string | undefined; mended: Mended },
): Promise<void> {
  const codes = drift.filter((code) => !code.startsWith('REALM_'));
  if (codes.length === 0) return;
  const clientSecret = randomBytes(32).toString('base64url');
  const claims = { clientId, tenantId, audience: config.keycloak.clientId };
  const found = await care.restoreClient(realm, id, { ...claims, clientSecret });
  if (found === undefined) throw new KeycloakFault('UNAVAILABLE', 'the client did not appear');
  if (found !== secret) mended.secret = found;
  mended.codes.push(...codes);
}

async function presentKeys(app: AppServices, { id }: Tenant, address: RealmAddress): Promise<readonly string[]> {
  const { thumbprints } = await app.keySets.offered(address);
  if (await areKeysTaken(app, app.db.platform.em.fork(), thumbprints, id)) {
    keysAreTaken();
  }
  return thumbprints;
}

/** One change with one entry in the trail; none where there was nothing to mend. */
async function record(ctx: RequestContext, { id, issuer }: Tenant, mended: Mended): Promise<Changed> {
  const { codes, secret, enabled, keys } = mended;
  const elsewhere: AuditChanges = codes.length > 0 ? { 'keycloak.drift': { old: codes, new: [] } } : {};
  const action = secret === undefined ? 'PATCHED' : 'SECRET_CHANGED';
  const change = async ({ tenant }: { tenant: Tenant }, em: Parameters<typeof confirmKeys>[1]): Promise<void> => {
    if (secret !== undefined) await storeClientSecret(ctx, tenant, secret);
    if (keys !== undefined) await confirmKeys(ctx, em, tenant, keys);
    if (enabled !== undefined) noteFollowed(tenant, enabled, ctx.now());
  };
  const changed = await changeTenant(ctx, { tenant: { id } }, action, change, elsewhere).catch(asKeysTaken);
  ctx.app.keySets.forget(issuer);
  ctx.app.jobs.syncRealm(id); // where the status has changed meanwhile
  return changed;
}

/** The realm is where it belongs, and as it was wanted a moment ago. */
function noteFollowed(tenant: Tenant, enabled: boolean, at: Date): void {
  Object.assign(tenant, { realmMissingSince: null, realmRenamedTo: null });
  tenant.realmState = enabled ? 'ENABLED' : 'DISABLED';
  const isFollowed = wantsRealmEnabled(tenant.status) === enabled;
  if (isFollowed && tenant.realmSyncState === 'IN_SYNC') return;
  tenant.realmSyncState = isFollowed ? 'IN_SYNC' : 'PENDING';
  tenant.realmSyncSince = at;
  tenant.realmSyncError = null;
}
