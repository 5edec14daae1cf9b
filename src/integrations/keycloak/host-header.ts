import { z } from 'zod';

import type { Outbound } from '../guarded-fetch.js';

const discovery = z.object({ issuer: z.string() });
/** A name that nobody can own (RFC 2606). */
const otherHost = 'tenantry-probe.invalid';

/**
 * Whether a realm calls itself after whatever host it is asked under: then anybody who reaches Keycloak by another name
 * gets tokens of another issuer, until Keycloak's `hostname` is set.
 *
 * @param url base address of the server
 * @returns undefined where it cannot be told
 */
export async function followsHostHeader(outbound: Outbound, url: string, realm: string): Promise<boolean | undefined> {
  const address = `${url}/realms/${encodeURIComponent(realm)}/.well-known/openid-configuration`;
  const issuerFor = async (headers: Record<string, string>): Promise<string> => {
    const { body } = await outbound.request(address, { purpose: 'platform', method: 'GET', headers });
    return discovery.parse(JSON.parse(body.toString('utf8'))).issuer;
  };
  try {
    const [usual, other] = await Promise.all([issuerFor({}), issuerFor({ host: otherHost })]);
    return usual !== other;
  } catch {
    return undefined; // a server that is not there, or refuses the unknown host, shows itself elsewhere
  }
}
