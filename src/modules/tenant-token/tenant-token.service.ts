import type { RequestContext } from '../../context.js';
import { UserFault, userFault, type UserErrorCode } from '../../errors.js';
import { within } from '../../integrations/deadline.js';
import { KeycloakFault, type KeycloakFaultKind } from '../../integrations/keycloak/keycloak-fault.js';
import type { TenantKey } from '../tenant/find-tenant.service.js';
import { isOperational } from '../tenant/lifecycle.rules.js';
import { freshToken } from './fresh-token.service.js';
import type { IssuedToken } from './token-cache.service.js';
import { recordRefusal } from './token-refused.service.js';
import { findTokenTenant, type TokenTenant } from './token-tenant.query.js';

/** A token bound to a tenant, with the tenant's context. */
export interface TenantTokenDetails {
  readonly accessToken: string;
  readonly tokenType: string;
  readonly expiresAt: Date;
  readonly scope: readonly string[];
  readonly issuer: string;
  readonly domain: string;
  readonly tenantId: string;
}

/** From asking to answer, in milliseconds. */
const issueWithinMs = 4_800;
/** How often the tenant may change under our hands before the caller is told to try again. */
const maxReads = 3;

/**
 * A token of the tenant's realm for the service account of the tenant's client. The status is read each time, and
 * again after Keycloak answered, so that none is handed out once the tenant's stop has been committed.
 *
 * @param scope what to ask for, within the tenant's; nothing where it is absent or empty
 * @throws UserFault NOT_FOUND, TENANT_NOT_OPERATIONAL, INVALID at scope, REALM_…, ADDRESS_NOT_ALLOWED,
 *   IDENTITY_PROVIDER_UNAVAILABLE; all but NOT_FOUND are recorded
 */
export async function issueTenantToken(
  ctx: RequestContext,
  key: TenantKey,
  scope: readonly string[] | null | undefined,
): Promise<TenantTokenDetails> {
  return await within(issueWithinMs, () => issueInTime(ctx, key, scope));
}

async function issueInTime(
  ctx: RequestContext,
  key: TenantKey,
  scope: readonly string[] | null | undefined,
): Promise<TenantTokenDetails> {
  const asked = [...new Set(scope)].sort();
  for (let reads = 1; ; reads += 1) {
    const tenant = await findTokenTenant(ctx, key);
    if (tenant === undefined) return userFault('NOT_FOUND', ['tenant'], 'There is no such tenant.');
    try {
      check(tenant, asked);
      const token = await tokenFor(ctx, tenant, asked);
      if (token) return details(tenant, token);
      if (reads === maxReads) throw new KeycloakFault('UNAVAILABLE', 'the tenant keeps changing');
    } catch (error) {
      const fault = error instanceof KeycloakFault ? asUserFault(ctx, tenant, error) : error;
      if (fault instanceof UserFault) await recordRefusals(ctx, tenant, fault);
      throw fault;
    }
  }
}

async function tokenFor(
  { app, now }: RequestContext,
  tenant: TokenTenant,
  scope: readonly string[],
): Promise<IssuedToken | undefined> {
  return await app.tenantTokens.get({ ...tenant, scope }, now(), () => freshToken(app, tenant, scope));
}

function check({ status, scope, isQuarantined }: TokenTenant, asked: readonly string[]): void {
  if (!isOperational(status)) {
    userFault('TENANT_NOT_OPERATIONAL', ['tenant'], `No tokens are issued to a tenant that is ${status}.`);
  }
  if (isQuarantined) {
    const message = "The realm's keys were exchanged; an operator has to confirm them (reconcileTenantRealm).";
    userFault('REALM_TOKENS_UNUSABLE', ['tenant'], message);
  }
  if (asked.some((name) => !scope.includes(name))) {
    userFault('INVALID', ['scope'], "Must lie within the tenant's keycloak.scope.");
  }
}

function details({ issuer, domain, tenantId }: TokenTenant, token: IssuedToken): TenantTokenDetails {
  const { accessToken, scope, expiresAt } = token;
  return { accessToken, tokenType: 'Bearer', expiresAt: new Date(expiresAt * 1_000), scope, issuer, domain, tenantId };
}

const faults: Partial<Record<KeycloakFaultKind, readonly [UserErrorCode, string]>> = {
  REALM_NOT_FOUND: ['REALM_NOT_FOUND', 'Keycloak has no such realm.'],
  REALM_DISABLED: ['REALM_DISABLED', 'The realm is disabled in Keycloak.'],
  REALM_REFUSED_CLIENT: ['REALM_REFUSED_CLIENT', "The realm refuses the tenant's client."],
  REALM_TOKENS_UNUSABLE: ['REALM_TOKENS_UNUSABLE', "The realm's token fails the checks."],
  ADDRESS_NOT_ALLOWED: ['ADDRESS_NOT_ALLOWED', "The realm's address is outside the allow-list (OUTBOUND_ALLOW)."],
  UNAVAILABLE: ['IDENTITY_PROVIDER_UNAVAILABLE', 'The realm did not answer in time; try again.'],
};

/** The same fault for the caller; an unexpected one stays as it is. */
function asUserFault(ctx: RequestContext, { tenantId }: TokenTenant, fault: KeycloakFault): UserFault | KeycloakFault {
  ctx.log.warn({ tenantId, reason: fault.message }, 'no token for the tenant');
  if (fault.kind === 'INVALID_SCOPE') {
    return new UserFault([{ code: 'INVALID', path: ['scope'], message: 'The realm does not know this scope.' }]);
  }
  const [code, message] = faults[fault.kind] ?? [];
  return code && message !== undefined ? new UserFault([{ code, path: ['tenant'], message }]) : fault;
}

async function recordRefusals(ctx: RequestContext, tenant: TokenTenant, { errors }: UserFault): Promise<void> {
  for (const { code } of errors) await recordRefusal(ctx, tenant, code);
}
