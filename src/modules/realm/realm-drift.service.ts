import pLimit from 'p-limit';

import type { AppServices } from '../../context.js';
import { inTime, timeLeft, within } from '../../integrations/deadline.js';
import { KeycloakFault, type KeycloakFaultKind } from '../../integrations/keycloak/keycloak-fault.js';
import type { OfferedKeys } from '../../integrations/keycloak/key-sets.js';
import { realmAddress, type RealmAddress } from '../../integrations/keycloak/realm-address.js';
import type { RealmCare } from '../../integrations/keycloak/realm-care.js';
import { grantRealmToken } from '../../integrations/keycloak/realm-grant.js';
import { verifyTenantToken } from '../identity/tenant-claims.service.js';
import { TokenRefusal } from '../identity/token-refusal.rules.js';
import { openClientSecret } from './sealed-client-secret.service.js';
import { wantsRealmEnabled } from '../tenant/lifecycle.rules.js';
import { locateRealm } from './locate-realm.service.js';
import { driftOf, seenInside, seenOutside, type RealmDriftCode, type RealmDriftFinding } from './realm-drift.rules.js';
import { admitKeys, noteProvenKey } from './realm-keys.service.js';
import { noteMissingRealm } from './realm-search.service.js';
import { Tenant } from '../tenant/tenant.entity.js';

/** How a tenant's realm differs from what Tenantry left there, or needs. */
export interface RealmDriftReport {
  readonly checkedAt: Date;
  readonly findings: readonly RealmDriftFinding[];
}

const withinMs = 5_000;
/** Whoever may look must not keep Keycloak from what has to be done there. */
const fewAtATime = pLimit(2);

/**
 * Looks at one tenant's realm now: at one that Tenantry made with a few calls of the Admin API, at an adopted one from
 * outside, as whoever has its client's secret can. Within 5 s; whatever cannot be had by then is UNREACHABLE.
 *
 * @param id the tenant's UUID
 */
export async function readDrift(app: AppServices, id: string): Promise<RealmDriftReport> {
  const tenant = await app.db.platform.em.fork().findOneOrFail(Tenant, { id });
  const findings = await within(withinMs, async () => {
    const looking = fewAtATime(async () => (timeLeft() > 0 ? await look(app, tenant) : []));
    return (await inTime(looking)) ?? [seenOutside('UNREACHABLE')];
  });
  return { checkedAt: app.now(), findings };
}

async function look(app: AppServices, tenant: Tenant): Promise<RealmDriftFinding[]> {
  const { realmCare } = app;
  try {
    if (tenant.realmOrigin === 'PROVISIONED' && realmCare) return await lookInside(app, realmCare, tenant);
    return await lookFromOutside(app, tenant);
  } catch (error) {
    if (!(error instanceof KeycloakFault)) throw error;
    return [seenOutside('UNREACHABLE')];
  }
}

async function lookInside(app: AppServices, care: RealmCare, tenant: Tenant): Promise<RealmDriftFinding[]> {
  const { status, realm } = tenant;
  const { name, seen, isReplaced } = await locateRealm(app, care, tenant);
  const findings = isReplaced ? [seenInside(status, 'REALM_REPLACED')] : [];
  if (name === undefined) {
    if (status === 'DELETED') return findings;
    await noteMissingRealm(app, tenant.id);
    return isReplaced ? findings : [seenInside(status, 'REALM_MISSING')];
  }
  if (name !== realm) findings.push(seenInside(status, 'REALM_RENAMED', `In Keycloak it is called "${name}" by now.`));
  const secret = await openClientSecret(app.keyRing, tenant);
  findings.push(...driftOf(status, seen, secret).map((code) => seenInside(status, code)));
  // Where all of it looks right, a token is the proof.
  const isProvable = findings.length === 0 && seen.enabled;
  if (isProvable || tenant.quarantinedAt) findings.push(...(await lookFromOutside(app, tenant)));
  return findings;
}

const outsideCodes: Partial<Record<KeycloakFaultKind, RealmDriftCode>> = {
  REALM_NOT_FOUND: 'REALM_MISSING',
  REALM_DISABLED: 'REALM_DISABLED',
  REALM_REFUSED_CLIENT: 'SECRET_REFUSED',
  REALM_TOKENS_UNUSABLE: 'TOKENS_UNUSABLE',
};

/** Of a deleted tenant's realm nothing is expected any more, and its secret is gone. */
async function lookFromOutside(app: AppServices, tenant: Tenant): Promise<RealmDriftFinding[]> {
  const clientSecret = await openClientSecret(app.keyRing, tenant);
  if (clientSecret === undefined) return [];
  const address = { ...realmAddress(app.config.keycloak, tenant.realm, tenant.serverUrl), issuer: tenant.issuer };
  const { clientId } = tenant;
  const [keys, token] = await Promise.all([
    app.keySets.offered(address).catch(asFault),
    grantRealmToken(app.outbound, address, { clientId, clientSecret }, []).catch(asFault),
  ]);
  const codes: RealmDriftCode[] = [];
  if (token instanceof KeycloakFault) codes.push(outsideCodes[token.kind] ?? 'UNREACHABLE');
  if (keys instanceof KeycloakFault) {
    if (codes.length === 0) codes.push('UNREACHABLE');
  } else {
    if (await areExchanged(app, tenant, keys)) codes.push('KEYS_EXCHANGED');
    const isToken = !(token instanceof KeycloakFault);
    if (isToken && !(await isUsable(app, tenant, address, keys, token.accessToken))) codes.push('TOKENS_UNUSABLE');
  }
  const isMeantToBeOpen = wantsRealmEnabled(tenant.status);
  return codes.filter((code) => code !== 'REALM_DISABLED' || isMeantToBeOpen).map(seenOutside);
}

function asFault(error: unknown): KeycloakFault {
  if (error instanceof KeycloakFault) return error;
  throw error;
}

/** Keys that are seen for the first time are noted, and an exchange of all of them leads into quarantine, as always. */
async function areExchanged(app: AppServices, { issuer }: Tenant, { thumbprints }: OfferedKeys): Promise<boolean> {
  try {
    await admitKeys(app, issuer, thumbprints);
    return false;
  } catch (error) {
    if (error instanceof KeycloakFault && error.kind === 'REALM_TOKENS_UNUSABLE') return true;
    throw error;
  }
}

async function isUsable(
  app: AppServices,
  tenant: Tenant,
  source: RealmAddress,
  { keyFor }: OfferedKeys,
  accessToken: string,
): Promise<boolean> {
  const { clientId, realmOrigin } = tenant;
  const audience = realmOrigin === 'PROVISIONED' ? app.config.keycloak.clientId : undefined;
  try {
    const expected = { source, clientId, audience };
    const { keyThumbprint } = await verifyTenantToken({ keyFor: () => keyFor }, accessToken, expected);
    await noteProvenKey(app, tenant, keyThumbprint);
    return true;
  } catch (error) {
    if (error instanceof TokenRefusal) return false;
    throw error;
  }
}
