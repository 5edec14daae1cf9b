import { executeSql } from './database.js';

interface StateRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly name: string;
  readonly status: string;
  readonly version: number;
  readonly dialer: number | null;
  /** Campaign by campaign, `name=url`, sorted. */
  readonly campaigns: readonly string[];
}

interface Entry {
  readonly tenant: string;
  readonly at: string;
  readonly action: string;
  readonly to_status: string | null;
  readonly changes: Readonly<Record<string, { readonly new?: unknown } | undefined>>;
}

const tenants = `select id, tenant_id, name, status::text, version, dialer_max_concurrent_calls as dialer,
    array(select c.name || '=' || coalesce(c.service_url, '') from tenantry.campaign c where c.tenant = t.id
          order by c.name) as campaigns
  from tenantry.tenant t`;
const trail = `select tenant, at::text, action::text, to_status::text, changes from tenantry.audit_entry
  where tenant is not null and action in ('CREATED', 'PATCHED', 'TRANSITIONED', 'DELETED') order by at, id`;

/**
 * Plays every tenant's trail back and compares where it leads with the tenant as it is: name, status, version, dialer
 * and campaigns. Each mutation raises the version by one; a delete writes a step and its end at one moment.
 *
 * @param ownerUrl of the login that owns the schema
 * @returns what does not fit together, in words; empty where all of it does
 */
export async function trailAgainstState(ownerUrl: string): Promise<string[]> {
  const rows = await executeSql<StateRow>(ownerUrl, tenants);
  const entries = Map.groupBy(await executeSql<Entry>(ownerUrl, trail), ({ tenant }) => tenant);
  const known = new Set(rows.map(({ id }) => id));
  const orphans = [...entries.keys()].filter((id) => !known.has(id)).map((id) => `a trail without a tenant: ${id}`);
  return [...orphans, ...rows.flatMap((row) => differences(row, entries.get(row.id) ?? []))];
}

function differences(row: StateRow, entries: readonly Entry[]): string[] {
  const told = played(entries);
  const found: Record<string, unknown> = { ...row, campaigns: row.campaigns.join() };
  return Object.entries(told)
    .filter(([field, value]) => found[field] !== value)
    .map(([field, value]) => `${row.tenant_id}.${field} is ${String(found[field])}, and ${String(value)} by its trail`);
}

function played(entries: readonly Entry[]): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const { changes } of entries)
    for (const [path, change] of Object.entries(changes)) fields.set(path, change?.new);
  return {
    name: fields.get('name'),
    status: entries.findLast(({ to_status: status }) => status !== null)?.to_status,
    version: entries.filter((entry, index) => !isStepOfDelete(entry, entries[index + 1])).length,
    dialer: fields.get('dialer.maxConcurrentCalls') ?? null,
    campaigns: campaignNames(fields)
      .map((name) => `${name}=${text(fields.get(`campaigns.${name}.serviceUrl`))}`)
      .sort()
      .join(),
    created: entries.filter(({ action }) => action === 'CREATED').length === 1 ? undefined : 'not exactly once',
  };
}

function campaignNames(fields: ReadonlyMap<string, unknown>): string[] {
  const isThere = ([path, value]: [string, unknown]): boolean =>
    /^campaigns\..+\.isEnabled$/.test(path) && value !== null;
  return [...fields].filter(isThere).map(([path]) => path.split('.')[1] ?? '');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isStepOfDelete(entry: Entry, next: Entry | undefined): boolean {
  return entry.action === 'TRANSITIONED' && next?.action === 'DELETED' && next.at === entry.at;
}

/** Changes that the trail tells of more than once, or of none at all, by the name that each gave to its tenant. */
export async function timesTold(ownerUrl: string, names: readonly string[]): Promise<Map<string, number>> {
  const told = await executeSql<{ name: string; times: number }>(
    ownerUrl,
    `select changes->'name'->>'new' as name, count(*)::int as times from tenantry.audit_entry
     where changes->'name'->>'new' is not null group by 1`,
  );
  const times = new Map(told.map((row) => [row.name, row.times]));
  return new Map(names.map((name) => [name, times.get(name) ?? 0]));
}
