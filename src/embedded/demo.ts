import { sql } from 'kysely';

import type { AppServices, RequestContext } from '../context.js';
import { createTenant } from '../modules/tenant/create-tenant.service.js';
import { demoTenants } from './demo-tenants.js';

/** Fills an empty database with a few tenants to look at; a database that holds any tenant is left as it is. */
export async function seedDemo(app: AppServices): Promise<void> {
  const { rows } = await sql`select from tenantry.tenant limit 1`.execute(app.db.platform.em.getKysely());
  if (rows.length > 0) return;
  for (const request of demoTenants) await createTenant(systemContext(app), request);
  app.log.info({ tenants: demoTenants.length }, 'demo tenants made');
}

/** Without a viewer, changes are recorded as the system's. */
function systemContext(app: AppServices): RequestContext {
  const { now, log } = app;
  return { requestId: 'demo', viewer: undefined, remoteAddress: '127.0.0.1', now, log, app };
}
