import { sql } from 'kysely';

import type { AppServices, RequestContext } from '../context.js';
import { UserFault } from '../errors.js';
import { createTenant } from '../modules/tenant/create-tenant.service.js';
import { changeStatus } from '../modules/tenant/lifecycle.service.js';
import { demoTenants, type DemoTenant } from './demo-tenants.js';

/**
 * Fills an empty database with tenants to look at, as if they had been onboarded over the last months; a database that
 * holds any tenant is left as it is. What cannot be made (Keycloak has such a realm already) is left out.
 */
export async function seedDemo(app: AppServices): Promise<void> {
  const { rows } = await sql`select from tenantry.tenant limit 1`.execute(app.db.platform.em.getKysely());
  if (rows.length > 0) return;
  let made = 0;
  for (const demo of demoTenants(app.now())) made += (await make(app, demo)) ? 1 : 0;
  app.log.info({ tenants: made }, 'demo tenants made');
}

async function make(app: AppServices, { request, at, steps }: DemoTenant): Promise<boolean> {
  const { tenantId } = request;
  try {
    await createTenant(systemContext(app, at), request);
    for (const step of steps) {
      await changeStatus(systemContext(app, step.at), { tenant: { tenantId } }, step.transition, step.details);
    }
    return true;
  } catch (error) {
    if (!(error instanceof UserFault)) throw error;
    app.log.warn({ tenantId, err: error }, 'a demo tenant could not be made');
    return false;
  }
}

/** Without a viewer, changes are recorded as the system's; services take their time from here. */
function systemContext(app: AppServices, at: Date): RequestContext {
  return { requestId: 'demo', viewer: undefined, remoteAddress: '127.0.0.1', now: () => at, log: app.log, app };
}
