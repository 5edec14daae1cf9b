import type { TestApp } from './app.js';

/** The request that makes a realm, as faults name it. */
export const making = { match: /^\/admin\/realms$/, method: 'POST' } as const;

interface SeenRealm {
  readonly id: string;
  readonly enabled: boolean;
  readonly displayName?: string;
}

/** The realm as the account that makes realms sees it; undefined where it sees none. */
export async function realmAt({ standIn }: Pick<TestApp, 'standIn'>, realm: string): Promise<SeenRealm | undefined> {
  const { url, adminClientId, adminClientSecret } = standIn;
  const answer = await fetch(`${url}/realms/master/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: adminClientId,
      client_secret: adminClientSecret,
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  const found = await fetch(`${url}/admin/realms/${realm}`, { headers: { authorization: `Bearer ${token}` } });
  return found.status === 200 ? ((await found.json()) as SeenRealm) : undefined;
}

/** How many names are reserved for a tenant that is being made. */
export async function reservations(app: TestApp, tenantId: string): Promise<number> {
  return (await app.sql('select 1 from tenantry.realm_intent where tenant_id = ?', [tenantId])).length;
}
