import { sql } from 'kysely';

import type { AppServices } from '../../context.js';
import { RequestFault } from '../../errors.js';
import { isUuid } from '../tenant/tenant-names.rules.js';
import type { Viewer } from './viewer.rules.js';

/**
 * What X-Tenant-ID (a tenantId or an id) narrows a request to. The token decides: a tenant's own may name its tenant
 * and no other; a platform token that may read tenants sees and changes the named one alone.
 *
 * @returns UUID of the tenant; undefined for a tenant's own token, which is bound already
 * @throws RequestFault FORBIDDEN; BAD_USER_INPUT where a platform token names a tenant that there is not
 */
export async function narrowed(app: AppServices, viewer: Viewer, header: string): Promise<string | undefined> {
  if (viewer.tenant === null && !viewer.permissions.includes('READ_TENANTS')) {
    throw new RequestFault('FORBIDDEN', 'X-Tenant-ID needs the permission READ_TENANTS.');
  }
  const id = await findId(app, header.trim());
  if (viewer.tenant !== null) {
    if (id === viewer.tenant) return undefined;
    throw new RequestFault('FORBIDDEN', 'X-Tenant-ID names another tenant than the one that the token is bound to.');
  }
  if (id === undefined) throw new RequestFault('BAD_USER_INPUT', 'X-Tenant-ID names a tenant that there is not.');
  return id;
}

async function findId(app: AppServices, name: string): Promise<string | undefined> {
  const named = isUuid(name) ? sql`id = ${name}::uuid` : sql`tenant_id = ${name}`;
  const query = sql<{ id: string }>`select id from tenantry.tenant where ${named}`;
  return (await query.execute(app.db.platform.em.getKysely())).rows[0]?.id;
}
