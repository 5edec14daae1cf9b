import { expect } from 'vitest';

import type { TestApp } from './app.js';

const tables = ['tenant', 'campaign', 'provider', 'logo', 'realm_intent', 'realm_key', 'audit_entry'] as const;

/** What a test compares to see whether anything was written: every row of every table, as a digest a table. */
export async function everyRow(app: TestApp): Promise<Record<string, string>> {
  const digests = tables.map(
    (name) =>
      `(select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from tenantry.${name} t) as ${name}`,
  );
  const [row] = await app.sql<Record<string, string>>(`select ${digests.join(', ')}`);
  return row ?? {};
}

/** Runs the work and asserts that the database is what it was, and that Keycloak was asked to change nothing. */
export async function writesNothing<T>(app: TestApp, work: () => Promise<T>): Promise<T> {
  const before = await everyRow(app);
  const changesBefore = keycloakChanges(app);
  const outcome = await work();
  expect(await everyRow(app)).toEqual(before);
  expect(keycloakChanges(app)).toBe(changesBefore);
  return outcome;
}

/** How many changing requests of the Admin API the stand-in has met. */
export function keycloakChanges(app: TestApp): number {
  const { faults } = app.standIn;
  return ['POST', 'PUT', 'DELETE'].reduce((sum, method) => sum + faults.requests('/admin/realms', method), 0);
}

export interface AuditRow {
  readonly action: string;
  readonly actor_name: string;
  readonly tenant_id: string | null;
  readonly from_status: string | null;
  readonly to_status: string | null;
  readonly reason: string | null;
  readonly changes: Record<string, unknown>;
}

/** A tenant's trail, oldest first. */
export async function trailOf(app: TestApp, tenantId: string): Promise<AuditRow[]> {
  return await app.sql<AuditRow>('select * from tenantry.audit_entry where tenant_id = ? order by id', [tenantId]);
}
