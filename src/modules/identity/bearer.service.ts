import { decodeJwt } from 'jose';

import { RequestFault } from '../../errors.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import type { PlatformTokens } from './platform-token.service.js';
import type { TenantBearer } from './tenant-bearer.service.js';
import { throwRefusal, TokenRefusal } from './token-refusal.rules.js';
import type { Viewer } from './viewer.rules.js';

export interface BearerPorts {
  readonly platformTokens: PlatformTokens;
  readonly tenantBearer: TenantBearer;
  readonly log: { debug(data: object, message: string): void };
}

/**
 * Who a request's bearer token (RFC 6750) speaks for; undefined without an Authorization header. The operators' realm
 * is matched first, exactly; every other issuer is a tenant's or nobody's.
 *
 * @throws RequestFault UNAUTHENTICATED where the token is not accepted, FORBIDDEN where its tenant is out of service,
 *   SERVICE_UNAVAILABLE where the issuer's keys cannot be had
 */
export async function authenticate(ports: BearerPorts, authorization: string | undefined): Promise<Viewer | undefined> {
  if (authorization === undefined) return undefined;
  try {
    const [, token] = /^Bearer +([A-Za-z0-9_.~+/=-]+) *$/i.exec(authorization) ?? [];
    if (token === undefined) throw new TokenRefusal('there is no bearer token');
    return await viewerOf(ports, token);
  } catch (error) {
    if (error instanceof TokenRefusal || isUntrusted(error)) {
      ports.log.debug({ reason: error.message }, 'bearer token refused');
      throw new RequestFault('UNAUTHENTICATED', 'The bearer token is not accepted.', {}, { cause: error });
    }
    if (error instanceof KeycloakFault) {
      throw new RequestFault('SERVICE_UNAVAILABLE', 'The keys of the issuer cannot be had.', {}, { cause: error });
    }
    throw error;
  }
}

/** The realm's keys were exchanged, which was seen just now. */
function isUntrusted(error: unknown): error is KeycloakFault {
  return error instanceof KeycloakFault && error.kind === 'REALM_TOKENS_UNUSABLE';
}

async function viewerOf({ platformTokens, tenantBearer }: BearerPorts, token: string): Promise<Viewer> {
  const issuer = issuerOf(token);
  if (issuer === platformTokens.issuer) return (await platformTokens.verify(token)).viewer;
  return await tenantBearer(token, issuer);
}

/** The issuer that a token claims, before anything of it is believed. */
function issuerOf(token: string): string {
  try {
    const { iss } = decodeJwt(token);
    if (typeof iss === 'string') return iss;
  } catch (error) {
    throwRefusal(error);
  }
  throw new TokenRefusal('it names no issuer');
}
