import type { OutboundPurpose } from '../outbound.rules.js';

/** Where the operators' Keycloak is. */
export interface PlatformKeycloak {
  /** Base address that is called. */
  readonly url: string;
  /** Base address as it stands in tokens' `iss`. */
  readonly publicUrl: string;
}

/** The realm whose accounts Keycloak lets make realms: the provisioning account's home, wherever operators log in. */
export const administratorsRealm = 'master';

/** A realm's addresses. They are put together, never discovered: Keycloak echoes the Host header into its own. */
export interface RealmAddress {
  /** The server as its tokens name it. */
  readonly serverUrl: string;
  /** Exact `iss` of the realm's tokens. */
  readonly issuer: string;
  readonly tokenUrl: string;
  readonly revocationUrl: string;
  readonly certsUrl: string;
  readonly purpose: OutboundPurpose;
}

/** A server's base address in one spelling: as the URL standard writes it, without query, fragment and closing slash. */
export function normalisedServerUrl(serverUrl: string): string {
  const url = new URL(serverUrl);
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/**
 * The addresses of a realm. The operators' own Keycloak may be named by either of its addresses: issuers carry the
 * public one, calls go to the other, and no allow-list is asked.
 *
 * @param serverUrl base address of a Keycloak server; the operators' own unless given
 */
export function realmAddress(platform: PlatformKeycloak, realm: string, serverUrl = platform.publicUrl): RealmAddress {
  const given = normalisedServerUrl(serverUrl);
  const called = normalisedServerUrl(platform.url);
  const named = normalisedServerUrl(platform.publicUrl);
  const isPlatform = given === called || given === named;
  const path = `/realms/${encodeURIComponent(realm)}`;
  const base = `${isPlatform ? called : given}${path}/protocol/openid-connect`;
  return {
    serverUrl: isPlatform ? named : given,
    issuer: (isPlatform ? named : given) + path,
    tokenUrl: `${base}/token`,
    revocationUrl: `${base}/revoke`,
    certsUrl: `${base}/certs`,
    purpose: isPlatform ? 'platform' : 'keycloak',
  };
}
