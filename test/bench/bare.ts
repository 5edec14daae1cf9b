import { fastify } from 'fastify';
import { LRUCache } from 'lru-cache';
import pg from 'pg';

import { createOutbound } from '../../src/integrations/guarded-fetch.js';
import { createKeySets } from '../../src/integrations/keycloak/key-sets.js';
import { realmAddress } from '../../src/integrations/keycloak/realm-address.js';
import { parseAllowEntry } from '../../src/integrations/outbound.rules.js';
import { authenticate } from '../../src/modules/identity/bearer.js';
import { createPlatformTokens } from '../../src/modules/identity/platform-token.js';
import { serveAsChild } from './child.js';

export interface BareOptions {
  readonly databaseUrl: string;
  readonly keycloak: { readonly url: string; readonly publicUrl: string; readonly realm: string; readonly clientId: string };
  /** What is handed out. */
  readonly token: string;
}

const page = `select id, tenant_id as "tenantId", code, name, description, domain, status,
    status in ('TRIAL', 'ACTIVE') as "isActive", version, status_changed_at as "statusChangedAt", created_at as "createdAt", updated_at as "updatedAt"
  from tenantry.tenant where status <> 'DELETED' order by created_at desc, id desc limit 21`;
const tenantRow = `select id, tenant_id, domain, issuer, status, scope, client_secret_version,
    extract(epoch from tokens_not_before)::float8 as not_before
  from tenantry.tenant where tenant_id = $1`;

interface TenantRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly domain: string;
  readonly issuer: string;
  readonly status: string;
}

/** The ceiling: the same bearer check and the same statements, on Fastify and the driver alone. */
await serveAsChild<BareOptions>(async ({ databaseUrl, keycloak, token }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const outbound = createOutbound({ allow: ['127.0.0.0/8:*'].flatMap((entry) => parseAllowEntry(entry) ?? []) });
  const address = realmAddress(keycloak, keycloak.realm);
  const keySets = createKeySets({ outbound });
  const platformTokens = createPlatformTokens({ keySets, address, clientId: keycloak.clientId });
  const tokens = new LRUCache<string, string>({ max: 10_000 });
  const tenantBearer = async (): Promise<never> => Promise.reject(new Error('no tenant has a token here'));
  const ports = { platformTokens, tenantBearer, log: { debug: () => undefined } };

  const app = fastify();
  app.addHook('onRequest', async ({ headers }) => {
    if ((await authenticate(ports, headers.authorization)) === undefined) throw new Error('nobody');
  });
  app.post('/page', async () => {
    const { rows } = await pool.query<object>(page);
    return { data: { tenants: { nodes: rows.slice(0, 20) } } };
  });
  app.post<{ Body: { variables: { tenant: { tenantId: string } } } }>('/token', async ({ body }) => {
    const { rows } = await pool.query<TenantRow>(tenantRow, [body.variables.tenant.tenantId]);
    const [tenant] = rows;
    if (tenant === undefined || !['TRIAL', 'ACTIVE'].includes(tenant.status)) throw new Error('out of service');
    const known = tokens.get(tenant.id) ?? token;
    tokens.set(tenant.id, known);
    return { token: known, issuer: tenant.issuer, domain: tenant.domain, tenantId: tenant.tenant_id };
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return {
    url,
    stop: async () => {
      await app.close();
      await outbound.close();
      await pool.end();
    },
  };
});
