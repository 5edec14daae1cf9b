import { fastify } from 'fastify';
import { LRUCache } from 'lru-cache';
import pg from 'pg';

import { compiled, serve } from './serve.mjs';

const { createOutbound } = await compiled('integrations/guarded-fetch');
const { createKeySets } = await compiled('integrations/keycloak/key-sets');
const { realmAddress } = await compiled('integrations/keycloak/realm-address');
const { parseAllowEntry } = await compiled('integrations/outbound.rules');
const { authenticate } = await compiled('modules/identity/bearer.service');
const { createPlatformTokens } = await compiled('modules/identity/platform-token.service');

const page = `select id, tenant_id as "tenantId", code, name, description, domain, status,
    status in ('TRIAL', 'ACTIVE') as "isActive", version, status_changed_at as "statusChangedAt",
    created_at as "createdAt", updated_at as "updatedAt"
  from tenantry.tenant where status <> 'DELETED' order by created_at desc, id desc limit 21`;
const tenantRow = `select id, tenant_id as "tenantId", domain, issuer, status, scope, client_secret_version,
    extract(epoch from tokens_not_before)::float8 as not_before
  from tenantry.tenant where tenant_id = $1`;

/** The ceiling: the same bearer check and the same statements, on Fastify and the driver alone. */
await serve(async ({ databaseUrl, keycloak, token }) => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 10 });
  const outbound = createOutbound({ allow: ['127.0.0.0/8:*'].flatMap((entry) => parseAllowEntry(entry) ?? []) });
  const address = realmAddress(keycloak, keycloak.realm);
  const keySets = createKeySets({ outbound });
  const platformTokens = createPlatformTokens({ keySets, address, clientId: keycloak.clientId });
  const tokens = new LRUCache({ max: 10_000 });

  const app = fastify();
  app.addHook('onRequest', async ({ headers }) => {
    if ((await authenticate({ platformTokens, log: app.log }, headers.authorization)) === undefined) throw new Error();
  });
  app.post('/page', async () => {
    const { rows } = await pool.query(page);
    return { data: { tenants: { nodes: rows.slice(0, 20) } } };
  });
  app.post('/token', async ({ body }) => {
    const { rows } = await pool.query(tenantRow, [body.variables.tenant.tenantId]);
    const [tenant] = rows;
    if (tenant === undefined || !['TRIAL', 'ACTIVE'].includes(tenant.status)) throw new Error('out of service');
    const known = tokens.get(tenant.id) ?? token;
    tokens.set(tenant.id, known);
    const { issuer, domain, tenantId } = tenant;
    return { data: { accessToken: known, tokenType: 'Bearer', scope: [], issuer, domain, tenantId } };
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const stop = async () => {
    await app.close();
    await outbound.close();
    await pool.end();
  };
  return { url, stop };
});
