import { errors, jwtVerify } from 'jose';
import { z } from 'zod';

import { tokenAlgorithms, type KeySets, type KeySource } from '../../integrations/keycloak/key-sets.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';

/** What a token of a tenant's service account has to say of itself. */
export interface ExpectedToken {
  /** The tenant's client: `azp`. */
  readonly clientId: string;
  /** Required of realms that Tenantry made: its own client id in `aud`. */
  readonly audience?: string;
}

export interface RealmTokenTimes {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

const maxBytes = 8 * 1024;
const maxLifeSeconds = 3_600;

const claimsSchema = z.object({
  azp: z.string(),
  sub: z.string().min(1),
  typ: z.literal('Bearer'),
  iat: z.number(),
  exp: z.number(),
});

/**
 * Verifies a token that a tenant's realm just gave us, before anybody relies on it: size, signature, `iss`, `azp`,
 * `sub`, `typ`, `exp`, and `aud` where it is expected. The life that is promised ends after an hour at most.
 *
 * @throws KeycloakFault REALM_TOKENS_UNUSABLE; UNAVAILABLE where the realm's keys could not be had
 */
export async function verifyRealmToken(
  keySets: KeySets,
  source: KeySource,
  expected: ExpectedToken,
  accessToken: string,
): Promise<RealmTokenTimes> {
  if (accessToken.length > maxBytes) throw unusable('the token is larger than 8 KiB');
  try {
    const { payload } = await jwtVerify(accessToken, keySets.keyFor(source), {
      issuer: source.issuer,
      algorithms: tokenAlgorithms,
      requiredClaims: ['exp', 'iat', 'sub'],
      ...(expected.audience !== undefined && { audience: expected.audience }),
    });
    const claims = claimsSchema.parse(payload);
    if (claims.azp !== expected.clientId) throw unusable('the token is for another client');
    const expiresAt = Math.min(claims.exp, claims.iat + maxLifeSeconds);
    return { issuedAt: new Date(claims.iat * 1_000), expiresAt: new Date(expiresAt * 1_000) };
  } catch (error) {
    if (error instanceof KeycloakFault) throw error;
    if (error instanceof errors.JOSEError || error instanceof z.ZodError) throw unusable(error.message, error);
    throw error;
  }
}

function unusable(detail: string, cause?: Error): KeycloakFault {
  return new KeycloakFault('REALM_TOKENS_UNUSABLE', detail, { cause });
}
