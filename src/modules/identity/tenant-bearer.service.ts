import { createHash } from 'node:crypto';

import { LRUCache } from 'lru-cache';

import { RequestFault } from '../../errors.js';
import type { KeySets } from '../../integrations/keycloak/key-sets.js';
import { realmAddress, type PlatformKeycloak } from '../../integrations/keycloak/realm-address.js';
import { isOperational, type TenantStatus } from '../tenant/lifecycle.rules.js';
import type { RealmOrigin } from '../realm/realm.rules.js';
import { permissionsOf, type Role } from './permission.rules.js';
import { verifyTenantToken, type TenantClaims } from './tenant-claims.service.js';
import { TokenRefusal } from './token-refusal.rules.js';
import type { Viewer } from './viewer.rules.js';

/** What the database says about the tenant of an issuer. */
export interface IssuerTenant {
  /** UUID */
  readonly id: string;
  readonly status: TenantStatus;
  readonly issuer: string;
  readonly serverUrl: string;
  readonly realm: string;
  readonly realmOrigin: RealmOrigin;
  readonly clientId: string;
  readonly tokensNotBefore: Date;
  /** Its realm shows other keys than before, and no operator has confirmed them yet. */
  readonly isQuarantined: boolean;
}

export type FindTenantByIssuer = (issuer: string) => Promise<IssuerTenant | undefined>;

export interface TenantBearerPorts {
  readonly keySets: KeySets;
  readonly platform: PlatformKeycloak;
  /** Audience that tokens of realms made by Tenantry must carry. */
  readonly clientId: string;
  readonly findTenantByIssuer: FindTenantByIssuer;
  /** Told of the key that a tenant's token was signed with. */
  readonly noteProvenKey: (tenant: IssuerTenant, thumbprint: string) => Promise<void>;
}

const roles: readonly Role[] = ['TENANT'];
const permissions = permissionsOf(roles);
/** Tokens are accepted for so long after they were issued, whatever they say. */
const maxAgeSeconds = 3_600;
/** How long a verified signature is remembered; the tenant's status is asked for each time. */
const rememberedMs = 5 * 60_000;

export type TenantBearer = (token: string, issuer: string) => Promise<Viewer>;

/**
 * Accepts tokens that a registered realm issued to the service account of its tenant's client.
 * An issuer that is not registered costs one indexed query and no call.
 *
 * @returns a function that throws TokenRefusal, or RequestFault FORBIDDEN with the reason TENANT_NOT_OPERATIONAL
 */
export function createTenantBearer(ports: TenantBearerPorts): TenantBearer {
  const verified = new LRUCache<string, TenantClaims>({ max: 10_000, ttl: rememberedMs });
  const claimsOf = async (token: string, tenant: IssuerTenant): Promise<TenantClaims> => {
    const digest = createHash('sha256').update(token).digest('base64');
    const known = verified.get(digest);
    if (known) return known;
    const claims = await verify(ports, token, tenant);
    await ports.noteProvenKey(tenant, claims.keyThumbprint);
    verified.set(digest, claims);
    return claims;
  };
  return async (token, issuer) => {
    const tenant = await ports.findTenantByIssuer(issuer);
    if (!tenant) throw new TokenRefusal('its issuer is not registered');
    if (tenant.isQuarantined) throw new TokenRefusal('its realm is in quarantine');
    const claims = await claimsOf(token, tenant);
    checkClaims(claims, tenant);
    return {
      subject: claims.subject,
      issuer,
      username: null,
      name: tenant.clientId,
      roles,
      permissions,
      tenant: tenant.id,
    };
  };
}

async function verify(ports: TenantBearerPorts, token: string, tenant: IssuerTenant): Promise<TenantClaims> {
  const { keySets, platform, clientId } = ports;
  const source = { ...realmAddress(platform, tenant.realm, tenant.serverUrl), issuer: tenant.issuer };
  const audience = tenant.realmOrigin === 'PROVISIONED' ? clientId : undefined;
  return await verifyTenantToken(keySets, token, { source, clientId: tenant.clientId, audience });
}

function checkClaims({ issuedAt, expiresAt }: TenantClaims, tenant: IssuerTenant): void {
  const now = Date.now() / 1_000;
  if (expiresAt <= now) throw new TokenRefusal('it has expired');
  if (now - issuedAt > maxAgeSeconds) throw new TokenRefusal('it is too old');
  if (!isOperational(tenant.status)) {
    throw new RequestFault('FORBIDDEN', 'The tenant is out of service.', { reason: 'TENANT_NOT_OPERATIONAL' });
  }
  if (issuedAt * 1_000 < tenant.tokensNotBefore.getTime())
    throw new TokenRefusal('it is from before the tenant’s last stop');
}
