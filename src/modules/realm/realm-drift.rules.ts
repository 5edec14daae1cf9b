import { wantsRealmEnabled, type TenantStatus } from '../tenant/lifecycle.rules.js';

/** What may be otherwise in a tenant's realm than Tenantry left it, or needs it: each with what it means. */
export const realmDriftCodes = {
  UNREACHABLE: "Keycloak did not answer in time, or its address is outside the operator's allow-list.",
  REALM_MISSING: 'There is no such realm. One that Tenantry made is looked for by its id: it may have been renamed.',
  REALM_RENAMED: "The realm has another name by now: its tokens name another issuer, and the tenant's own is gone.",
  REALM_REPLACED: 'Another realm, which Tenantry did not make, has the name.',
  REALM_ENABLED: "The realm is enabled although the tenant's status wants it disabled.",
  REALM_DISABLED: "The realm is disabled although the tenant's status wants it enabled.",
  CLIENT_MISSING: "The realm has no client of the tenant's name.",
  CLIENT_UNUSABLE: 'The client is disabled, public, or not authenticated by a secret.',
  SERVICE_ACCOUNT_MISSING: 'The client has no service account, which is what tokens are issued to.',
  SECRET_REFUSED: 'The client and its stored secret get no token.',
  CLAIMS_MISSING: "The client's tokens do not carry the tenant's id as tenant_id, or carry another.",
  AUDIENCE_MISSING: "The client's tokens are not made for Tenantry, which therefore refuses them.",
  TOKENS_UNUSABLE: "The realm issues a token that fails Tenantry's checks: issuer, client, type, signature or expiry.",
  KEYS_EXCHANGED: 'The realm shares no signing key with the ones it was last seen with: perhaps it is another one.',
} as const;

export type RealmDriftCode = keyof typeof realmDriftCodes;

export interface RealmDriftFinding {
  readonly code: RealmDriftCode;
  readonly message: string;
  /** Whether reconcileTenantRealm can mend it. */
  readonly canReconcile: boolean;
}

/** What Tenantry may put right in a realm that it made; an adopted one it never changes. */
const mendable: readonly RealmDriftCode[] = [
  'REALM_RENAMED',
  'REALM_ENABLED',
  'REALM_DISABLED',
  'CLIENT_MISSING',
  'CLIENT_UNUSABLE',
  'SERVICE_ACCOUNT_MISSING',
  'SECRET_REFUSED',
  'CLAIMS_MISSING',
  'AUDIENCE_MISSING',
];

/**
 * A finding about a realm that Tenantry made, seen by its administrator.
 *
 * @param message what was found in particular; else what the code means
 */
export function seenInside(status: TenantStatus, code: RealmDriftCode, message?: string): RealmDriftFinding {
  const canReconcile = status !== 'DELETED' && mendable.includes(code);
  return { code, message: message ?? realmDriftCodes[code], canReconcile };
}

/** A finding about any realm, seen as anybody sees it who has the secret of its client: its keys can be confirmed. */
export function seenOutside(code: RealmDriftCode): RealmDriftFinding {
  return { code, message: realmDriftCodes[code], canReconcile: code === 'KEYS_EXCHANGED' };
}

/** What is to be seen of a realm and its client; see `RealmCare.inspect`. */
export interface SeenRealm {
  readonly enabled: boolean;
  readonly client:
    | {
        readonly isUsable: boolean;
        readonly hasServiceAccount: boolean;
        readonly hasTenantClaim: boolean;
        readonly hasAudience: boolean;
        readonly secret: string | undefined;
      }
    | undefined;
}

/**
 * What differs between a realm that Tenantry made and what the tenant needs it to be. Of a deleted tenant only whether
 * the realm is still open matters.
 *
 * @param secret the one that is stored; undefined for a deleted tenant
 */
export function driftOf(status: TenantStatus, seen: SeenRealm, secret: string | undefined): RealmDriftCode[] {
  const found: RealmDriftCode[] = [];
  if (seen.enabled !== wantsRealmEnabled(status)) found.push(seen.enabled ? 'REALM_ENABLED' : 'REALM_DISABLED');
  if (status === 'DELETED') return found;
  const { client } = seen;
  if (client === undefined) return [...found, 'CLIENT_MISSING'];
  if (!client.isUsable) found.push('CLIENT_UNUSABLE');
  if (!client.hasServiceAccount) found.push('SERVICE_ACCOUNT_MISSING');
  if (client.secret !== secret) found.push('SECRET_REFUSED');
  if (!client.hasTenantClaim) found.push('CLAIMS_MISSING');
  if (!client.hasAudience) found.push('AUDIENCE_MISSING');
  return found;
}
