import { sql, type RawBuilder } from 'kysely';

import type { RequestContext } from '../../context.js';
import { timestamp } from '../../database/sql.js';
import { tenantNamedBy, visibleTo, type TenantKey } from './find-tenant.service.js';
import { availableTransitions, isOperational, tenantStatuses } from './lifecycle.rules.js';
import type { Tenant } from './tenant.type.js';

/** What the expressions of a projection need besides the row. */
interface Surroundings {
  readonly now: Date;
  readonly publicUrl: string;
}

type Expression = RawBuilder<unknown> | ((surroundings: Surroundings) => RawBuilder<unknown>);

const operational = sql.join(tenantStatuses.filter(isOperational).map((status) => sql.lit(status)));

/** The lifecycle table as SQL, made from the rules, so that a row needs no work afterwards. */
const transitions = sql`case t.status ${sql.join(
  tenantStatuses.map(
    (status) => sql`when ${sql.lit(status)} then ${sql.lit(JSON.stringify(availableTransitions(status)))}::json`,
  ),
  sql` `,
)} end`;

const keycloak = sql`json_build_object(
  'origin', t.realm_origin, 'serverUrl', t.server_url, 'realm', t.realm, 'issuer', t.issuer, 'clientId', t.client_id,
  'hasClientSecret', t.client_secret is not null, 'scope', t.scope, 'otpManagerUrl', t.otp_manager_url,
  'realmState', t.realm_state, 'sync', json_build_object(
    'state', t.realm_sync_state, 'since', ${timestamp('t.realm_sync_since')}, 'lastError', t.realm_sync_error),
  'quarantinedSince', ${timestamp('t.quarantined_at')}, 'tenant', t.id)`;

const twoFactor = sql`json_build_object(
  'isEnabled', t.two_factor_enabled, 'channelType', t.two_factor_channel,
  'serviceIdentifier', t.two_factor_service_identifier, 'otpExpirySeconds', t.otp_expiry_seconds,
  'retryLimit', t.retry_limit, 'reason', t.two_factor_disabled_reason)`;

const campaigns = sql`(select coalesce(json_agg(json_build_object(
  'name', c.name, 'serviceUrl', c.service_url, 'username', c.username, 'hasPassword', c.password is not null,
  'isEnabled', c.is_enabled, 'settings', c.settings,
  'secretNames', array(select jsonb_object_keys(c.secrets) order by 1)) order by c.position), '[]')
  from tenantry.campaign c where c.tenant = t.id)`;

const dialer = sql`case when t.dialer_service_identifier is not null then json_build_object(
  'serviceIdentifier', t.dialer_service_identifier, 'maxConcurrentCalls', t.dialer_max_concurrent_calls,
  'maxCallTimeMinutes', t.dialer_max_call_time_minutes, 'callsPerSecond', t.dialer_calls_per_second) end`;

const mediaServer = sql`case when t.media_wss_url is not null then json_build_object(
  'wssUrl', t.media_wss_url, 'domainManagerUrl', t.media_domain_manager_url) end`;

function branding({ publicUrl }: Surroundings): RawBuilder<unknown> {
  const picture = (column: string): RawBuilder<unknown> => sql`(select json_build_object(
    'url', ${`${publicUrl}/logos/`}::text || l.sha256, 'contentType', l.content_type, 'byteSize', l.byte_size,
    'sha256', l.sha256, 'width', l.width, 'height', l.height)
    from tenantry.logo l where l.sha256 = ${sql.ref(column)})`;
  return sql`json_build_object(
    'logo', ${picture('t.logo')}, 'logoDark', ${picture('t.logo_dark')}, 'favicon', ${picture('t.favicon')},
    'colors', t.brand_colors, 'typography', t.brand_typography, 'customCss', t.custom_css)`;
}

function subscription({ now }: Surroundings): RawBuilder<unknown> {
  return sql`json_build_object(
    'tier', t.subscription_tier, 'startsAt', ${timestamp('t.subscription_starts_at')},
    'endsAt', ${timestamp('t.subscription_ends_at')}, 'isTrial', t.is_trial,
    'isExpired', coalesce(t.subscription_ends_at < ${now}::timestamptz, false),
    'daysRemaining', case when t.subscription_ends_at is not null then
      greatest(ceil(extract(epoch from t.subscription_ends_at - ${now}::timestamptz) / 86400), 0)::int end)`;
}

const region = sql`case when t.country is not null then json_build_object(
  'country', t.country, 'timezone', t.timezone, 'currency', t.currency, 'language', t.language) end`;

const contacts = sql`case when t.business_contact is not null then json_build_object(
  'business', t.business_contact, 'technical', t.technical_contact) end`;

const providers = sql`(select coalesce(json_agg(json_build_object(
  'kind', p.kind, 'name', p.name, 'isPrimary', p.is_primary, 'settings', p.settings,
  'secretNames', array(select jsonb_object_keys(p.secrets) order by 1)) order by p.position), '[]')
  from tenantry.provider p where p.tenant = t.id)`;

/** Each field of the API's Tenant, and where it comes from. Groups are shaped by PostgreSQL. */
const expressions: Partial<Record<keyof Tenant, Expression>> = {
  id: sql`t.id`,
  tenantId: sql`t.tenant_id`,
  code: sql`t.code`,
  name: sql`t.name`,
  description: sql`t.description`,
  domain: sql`t.domain`,
  status: sql`t.status`,
  statusReason: sql`t.status_reason`,
  statusChangedAt: timestamp('t.status_changed_at'),
  isActive: sql`t.status in (${operational})`,
  availableTransitions: transitions,
  keycloak,
  twoFactor,
  campaigns,
  dialer,
  mediaServer,
  branding,
  region,
  contacts,
  subscription,
  providers,
  metadata: sql`t.metadata`,
  version: sql`t.version`,
  createdAt: timestamp('t.created_at'),
  updatedAt: timestamp('t.updated_at'),
  deletedAt: timestamp('t.deleted_at'),
};

/**
 * The select list for the fields that were asked for; the row then is the API's Tenant, without those that were not.
 * `id` is always there: fields with a resolver of their own start from it.
 */
export function tenantColumns(ctx: RequestContext, fields: ReadonlySet<string>): RawBuilder<Tenant> {
  const surroundings = { now: ctx.now(), publicUrl: ctx.app.publicUrl };
  const columns = Object.entries(expressions)
    .filter(([field]) => field === 'id' || fields.has(field))
    .map(([field, expression]) => {
      const value = typeof expression === 'function' ? expression(surroundings) : expression;
      return sql`${value} as ${sql.id(field)}`;
    });
  return sql<Tenant>`${sql.join(columns)}`;
}

/** One tenant with the fields asked for, or undefined where there is none that this request may see. */
export async function readTenant(
  ctx: RequestContext,
  key: TenantKey,
  fields: ReadonlySet<string>,
): Promise<Tenant | undefined> {
  const query = sql<Tenant>`select ${tenantColumns(ctx, fields)} from tenantry.tenant t
    where ${tenantNamedBy(key)} and ${visibleTo(ctx)}`;
  const { rows } = await query.execute(ctx.app.db.platform.em.getKysely());
  return rows[0];
}
