import { LockMode } from '@mikro-orm/core';
import type { EntityManager } from '@mikro-orm/postgresql';
import { sql, type RawBuilder } from 'kysely';

import type { RequestContext } from '../../context.js';
import { UserFault, userFault } from '../../errors.js';
import { isUuid } from './tenant-names.rules.js';
import { Tenant } from './tenant.entity.js';

/** Exactly one of three ways to name a tenant, which the schema sees to. */
export interface TenantKey {
  id?: string | null;
  tenantId?: string | null;
  code?: string | null;
}

/** The tenant that a key names, as a condition on the table `t`; a malformed id names none. */
export function tenantNamedBy(key: TenantKey): RawBuilder<boolean> {
  if (typeof key.id === 'string') return isUuid(key.id) ? sql`t.id = ${key.id}::uuid` : sql`false`;
  if (typeof key.tenantId === 'string') return sql`t.tenant_id = ${printable(key.tenantId)}`;
  return sql`t.code = ${printable(key.code ?? '')}`;
}

/** What is visible to this request: all, or the one tenant that X-Tenant-ID narrows it to. */
export function visibleTo(ctx: RequestContext): RawBuilder<boolean> {
  return ctx.narrowedTo === undefined ? sql`true` : sql`t.id = ${ctx.narrowedTo}::uuid`;
}

/**
 * Loads the tenant for a change, and locks its row until the transaction ends.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED or VERSION_CONFLICT, in this order
 */
export async function lockTenant(
  ctx: RequestContext,
  em: EntityManager,
  key: TenantKey,
  expectedVersion: number | null | undefined,
): Promise<Tenant> {
  const tenant = await loadTenant(ctx, em, key, { lockMode: LockMode.PESSIMISTIC_WRITE });
  checkChangeable(tenant, expectedVersion);
  return tenant;
}

/**
 * Loads the tenant that a key names, where this request may see it.
 *
 * @throws UserFault NOT_FOUND
 */
export async function loadTenant(
  ctx: RequestContext,
  em: EntityManager,
  key: TenantKey,
  options: { lockMode?: LockMode.PESSIMISTIC_WRITE } = {},
): Promise<Tenant> {
  const where = conditionOf(key);
  const tenant = where && (await em.findOne(Tenant, where, options));
  if (!tenant || (ctx.narrowedTo !== undefined && ctx.narrowedTo !== tenant.id)) {
    return userFault('NOT_FOUND', ['tenant'], 'There is no such tenant.');
  }
  return tenant;
}

/** @throws UserFault TENANT_DELETED or VERSION_CONFLICT */
export function checkChangeable(tenant: Tenant, expectedVersion: number | null | undefined): void {
  if (tenant.status === 'DELETED') userFault('TENANT_DELETED', ['tenant'], 'A deleted tenant cannot be changed.');
  if (expectedVersion !== null && expectedVersion !== undefined && expectedVersion !== tenant.version) {
    const message = `The tenant is at version ${tenant.version} by now.`;
    throw new UserFault([{ code: 'VERSION_CONFLICT', path: ['expectedVersion'], message }], tenant.id);
  }
}

function conditionOf(key: TenantKey): { id: string } | { tenantId: string } | { code: string } | undefined {
  if (typeof key.id === 'string') return isUuid(key.id) ? { id: key.id.toLowerCase() } : undefined;
  if (typeof key.tenantId === 'string') return { tenantId: printable(key.tenantId) };
  return { code: printable(key.code ?? '') };
}

/** PostgreSQL refuses NUL in text; no tenant is called so anyway. */
function printable(text: string): string {
  return text.replaceAll('\u0000', '\ufffd');
}
