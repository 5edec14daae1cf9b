import { Migration } from '@mikro-orm/migrations';

export class Migration20261123160328_initial extends Migration {
  override name = 'Migration20261123160328_initial';

  override up(): void | Promise<void> {
    this.addSql(`create schema if not exists "tenantry";`);
    this.addSql(
      `create type "tenantry"."tenant_status" as enum ('TRIAL', 'ACTIVE', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED');`,
    );
    this.addSql(
      `create table "tenantry"."audit_entry" ("id" uuid not null, "at" timestamptz(3) not null, "actor_name" text not null, "actor_subject" text not null, "actor_issuer" text not null, "action" text not null, "tenant" uuid null, "tenant_id" text null, "from_status" "tenantry"."tenant_status" null, "to_status" "tenantry"."tenant_status" null, "reason" text null, "error_code" text null, "changes" jsonb not null default '{}', primary key ("id"));`,
    );
    this.addSql(`create index "audit_entry_at_id_action_index" on "tenantry"."audit_entry" ("at", "id", "action");`);
    this.addSql(`create index "audit_entry_action_at_id_index" on "tenantry"."audit_entry" ("action", "at", "id");`);
    this.addSql(`create index "audit_entry_tenant_at_id_index" on "tenantry"."audit_entry" ("tenant", "at", "id");`);
    this.addSql(
      `create index "audit_entry_tenant_id_at_id_index" on "tenantry"."audit_entry" ("tenant_id", "at", "id");`,
    );
    this.addSql(
      `create index "audit_entry_actor_name_at_id_index" on "tenantry"."audit_entry" ("actor_name", "at", "id");`,
    );
    this.addSql(
      `create index "audit_entry_actor_subject_at_id_index" on "tenantry"."audit_entry" ("actor_subject", "at", "id");`,
    );

    this.addSql(
      `create table "tenantry"."idempotency_key" ("id" text not null, "input_digest" text not null, "tenant" uuid not null, "created_at" timestamptz(3) not null, primary key ("id"));`,
    );
    this.addSql(`create index "idempotency_key_created_at_index" on "tenantry"."idempotency_key" ("created_at");`);

    this.addSql(
      `create table "tenantry"."logo" ("sha256" text not null, "content_type" text not null, "byte_size" int not null, "width" int null, "height" int null, "data" bytea not null, primary key ("sha256"));`,
    );

    this.addSql(
      `create table "tenantry"."realm_intent" ("id" uuid not null, "tenant_id" text not null, "code" text not null, "realm" text not null, "caller_issuer" text not null, "caller_subject" text not null, "created_at" timestamptz(3) not null, primary key ("id"));`,
    );
    this.addSql(
      `alter table "tenantry"."realm_intent" add constraint "realm_intent_tenant_id_unique" unique ("tenant_id");`,
    );
    this.addSql(`alter table "tenantry"."realm_intent" add constraint "realm_intent_code_unique" unique ("code");`);
    this.addSql(`alter table "tenantry"."realm_intent" add constraint "realm_intent_realm_unique" unique ("realm");`);

    this.addSql(
      `create table "tenantry"."sealed_value" ("name" text not null, "value" text not null, primary key ("name"));`,
    );

    this.addSql(
      `create table "tenantry"."tenant" ("id" uuid not null, "tenant_id" text not null, "code" text not null, "name" text not null, "description" text null, "domain" text not null, "status" "tenantry"."tenant_status" not null, "status_reason" text null, "status_changed_at" timestamptz(3) not null, "realm_origin" text not null, "server_url" text not null, "realm" text not null, "issuer" text not null, "client_id" text not null, "client_secret" text null, "client_secret_version" int not null default 1, "scope" text[] not null, "otp_manager_url" text null, "realm_state" text not null, "realm_sync_state" text not null, "realm_sync_since" timestamptz(3) not null, "realm_sync_error" text null, "realm_missing_since" timestamptz(3) null, "realm_looked_for_at" timestamptz(3) null, "realm_renamed_to" text null, "quarantined_at" timestamptz(3) null, "tokens_not_before" timestamptz(3) not null, "tokens_issued_until" timestamptz(3) null, "two_factor_enabled" boolean not null, "two_factor_channel" text null, "two_factor_service_identifier" text null, "otp_expiry_seconds" int null, "retry_limit" int null, "two_factor_disabled_reason" text null, "dialer_service_identifier" text null, "dialer_max_concurrent_calls" int null, "dialer_max_call_time_minutes" int null, "dialer_calls_per_second" int null, "media_wss_url" text null, "media_domain_manager_url" text null, "logo" text null, "logo_dark" text null, "favicon" text null, "brand_colors" jsonb null, "brand_typography" jsonb null, "custom_css" text null, "country" text null, "timezone" text null, "currency" text null, "language" text null, "business_contact" jsonb null, "technical_contact" jsonb null, "subscription_tier" text not null, "subscription_starts_at" timestamptz(3) not null, "subscription_ends_at" timestamptz(3) null, "is_trial" boolean not null, "metadata" jsonb not null default '{}', "version" int not null default 1, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null, "deleted_at" timestamptz(3) null, primary key ("id"));`,
    );
    this.addSql(`alter table "tenantry"."tenant" add constraint "tenant_tenant_id_unique" unique ("tenant_id");`);
    this.addSql(`alter table "tenantry"."tenant" add constraint "tenant_code_unique" unique ("code");`);
    this.addSql(`alter table "tenantry"."tenant" add constraint "tenant_issuer_unique" unique ("issuer");`);
    this.addSql(
      `create index "tenant_by_name" on "tenantry"."tenant" (lower("name"), "id", "status", "subscription_tier", "country", "two_factor_enabled", "created_at", "updated_at", coalesce("subscription_ends_at", 'infinity'));`,
    );
    this.addSql(
      `create index "tenant_by_code" on "tenantry"."tenant" ("code" collate "C", "id", "status", "subscription_tier", "country", "two_factor_enabled", "created_at", "updated_at", coalesce("subscription_ends_at", 'infinity'));`,
    );
    this.addSql(
      `create index "tenant_by_tenant_id" on "tenantry"."tenant" ("tenant_id" collate "C", "id", "status", "subscription_tier", "country", "two_factor_enabled", "created_at", "updated_at", coalesce("subscription_ends_at", 'infinity'));`,
    );
    this.addSql(
      `create index "tenant_by_status" on "tenantry"."tenant" ("status", "id", "subscription_tier", "country", "two_factor_enabled", "created_at", "updated_at", coalesce("subscription_ends_at", 'infinity'));`,
    );
    this.addSql(
      `create index "tenant_by_created_at" on "tenantry"."tenant" ("created_at", "id", "status", "subscription_tier", "country", "two_factor_enabled", "updated_at", coalesce("subscription_ends_at", 'infinity'));`,
    );
    this.addSql(
      `create index "tenant_by_updated_at" on "tenantry"."tenant" ("updated_at", "id", "status", "subscription_tier", "country", "two_factor_enabled", "created_at", coalesce("subscription_ends_at", 'infinity'));`,
    );
    this.addSql(
      `create index "tenant_by_end_soonest" on "tenantry"."tenant" (coalesce("subscription_ends_at", 'infinity'), "id", "status", "subscription_tier", "country", "two_factor_enabled", "created_at", "updated_at");`,
    );
    this.addSql(
      `create index "tenant_by_end_latest" on "tenantry"."tenant" (coalesce("subscription_ends_at", '-infinity'), "id", "status", "subscription_tier", "country", "two_factor_enabled", "created_at", "updated_at", coalesce("subscription_ends_at", 'infinity'));`,
    );
    this.addSql(
      `create index "tenant_country_created_at_id_index" on "tenantry"."tenant" ("country", "created_at", "id");`,
    );
    this.addSql(
      `create index "tenant_live_by_end" on "tenantry"."tenant" ("subscription_ends_at", "id") where "status" < 'INACTIVE' and "subscription_ends_at" is not null;`,
    );

    this.addSql(
      `create table "tenantry"."realm_key" ("thumbprint" text not null, "tenant" uuid not null, "seen_at" timestamptz(3) not null, primary key ("thumbprint"));`,
    );

    this.addSql(
      `create table "tenantry"."provider" ("id" uuid not null, "tenant" uuid not null, "kind" text not null, "name" text not null, "position" int not null, "is_primary" boolean not null, "settings" jsonb not null default '{}', "secrets" jsonb not null default '{}', primary key ("id"));`,
    );
    this.addSql(
      `alter table "tenantry"."provider" add constraint "provider_tenant_kind_name_unique" unique ("tenant", "kind", "name");`,
    );

    this.addSql(
      `create table "tenantry"."campaign" ("id" uuid not null, "tenant" uuid not null, "name" text not null, "position" int not null, "service_url" text null, "username" text null, "is_enabled" boolean not null, "settings" jsonb not null default '{}', "password" text null, "secrets" jsonb not null default '{}', primary key ("id"));`,
    );
    this.addSql(
      `alter table "tenantry"."campaign" add constraint "campaign_tenant_name_unique" unique ("tenant", "name");`,
    );

    this.addSql(
      `alter table "tenantry"."audit_entry" add constraint "audit_entry_action_check" check ("action" in ('CREATED', 'PATCHED', 'TRANSITIONED', 'DELETED', 'SECRET_CHANGED', 'SECRETS_READ', 'TOKEN_REFUSED'));`,
    );
    this.addSql(
      `alter table "tenantry"."audit_entry" add constraint "audit_entry_error_code_check" check ("error_code" in ('INVALID', 'REQUIRED', 'TAKEN', 'NOT_FOUND', 'NOTHING_TO_CHANGE', 'INVALID_TRANSITION', 'TENANT_DELETED', 'VERSION_CONFLICT', 'IDEMPOTENCY_KEY_REUSED', 'TENANT_NOT_OPERATIONAL', 'OTP_MANAGER_UNREACHABLE', 'ADDRESS_NOT_ALLOWED', 'REALM_NOT_FOUND', 'REALM_TAKEN', 'REALM_DISABLED', 'REALM_REFUSED_CLIENT', 'REALM_TOKENS_UNUSABLE', 'PROVISIONING_NOT_CONFIGURED', 'IDENTITY_PROVIDER_UNAVAILABLE', 'INVALID_CREDENTIALS', 'ACCOUNT_NOT_READY', 'TOO_MANY_ATTEMPTS', 'SESSION_EXPIRED', 'FILE_TOO_LARGE', 'FILE_TYPE_NOT_ALLOWED'));`,
    );
    this.addSql(`alter table "tenantry"."audit_entry" enable row level security;`);
    this.addSql(`alter table "tenantry"."audit_entry" force row level security;`);

    this.addSql(`alter table "tenantry"."idempotency_key" enable row level security;`);
    this.addSql(`alter table "tenantry"."idempotency_key" force row level security;`);

    this.addSql(`alter table "tenantry"."logo" enable row level security;`);
    this.addSql(`alter table "tenantry"."logo" force row level security;`);

    this.addSql(`alter table "tenantry"."realm_intent" enable row level security;`);
    this.addSql(`alter table "tenantry"."realm_intent" force row level security;`);

    this.addSql(`alter table "tenantry"."sealed_value" enable row level security;`);
    this.addSql(`alter table "tenantry"."sealed_value" force row level security;`);

    this.addSql(
      `alter table "tenantry"."tenant" add constraint "tenant_logo_foreign" foreign key ("logo") references "tenantry"."logo" ("sha256") on delete set null;`,
    );
    this.addSql(
      `alter table "tenantry"."tenant" add constraint "tenant_logo_dark_foreign" foreign key ("logo_dark") references "tenantry"."logo" ("sha256") on delete set null;`,
    );
    this.addSql(
      `alter table "tenantry"."tenant" add constraint "tenant_favicon_foreign" foreign key ("favicon") references "tenantry"."logo" ("sha256") on delete set null;`,
    );
    this.addSql(
      `alter table "tenantry"."tenant" add constraint "tenant_realm_origin_check" check ("realm_origin" in ('ADOPTED', 'PROVISIONED'));`,
    );
    this.addSql(
      `alter table "tenantry"."tenant" add constraint "tenant_realm_state_check" check ("realm_state" in ('ENABLED', 'DISABLED', 'UNMANAGED'));`,
    );
    this.addSql(
      `alter table "tenantry"."tenant" add constraint "tenant_realm_sync_state_check" check ("realm_sync_state" in ('IN_SYNC', 'PENDING', 'FAILED'));`,
    );
    this.addSql(
      `alter table "tenantry"."tenant" add constraint "tenant_two_factor_channel_check" check ("two_factor_channel" in ('SMS', 'EMAIL'));`,
    );
    this.addSql(
      `alter table "tenantry"."tenant" add constraint "tenant_subscription_tier_check" check ("subscription_tier" in ('TRIAL', 'BASIC', 'STANDARD', 'PREMIUM', 'ENTERPRISE'));`,
    );
    this.addSql(`alter table "tenantry"."tenant" enable row level security;`);
    this.addSql(`alter table "tenantry"."tenant" force row level security;`);

    this.addSql(
      `alter table "tenantry"."realm_key" add constraint "realm_key_tenant_foreign" foreign key ("tenant") references "tenantry"."tenant" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "tenantry"."realm_key" enable row level security;`);
    this.addSql(`alter table "tenantry"."realm_key" force row level security;`);

    this.addSql(
      `alter table "tenantry"."provider" add constraint "provider_tenant_foreign" foreign key ("tenant") references "tenantry"."tenant" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "tenantry"."provider" add constraint "provider_kind_check" check ("kind" in ('KYC', 'PAYMENT', 'CARD', 'COMPLIANCE', 'SMS', 'EMAIL'));`,
    );
    this.addSql(`alter table "tenantry"."provider" enable row level security;`);
    this.addSql(`alter table "tenantry"."provider" force row level security;`);

    this.addSql(
      `alter table "tenantry"."campaign" add constraint "campaign_tenant_foreign" foreign key ("tenant") references "tenantry"."tenant" ("id") on delete cascade;`,
    );
    this.addSql(`alter table "tenantry"."campaign" enable row level security;`);
    this.addSql(`alter table "tenantry"."campaign" force row level security;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`alter table "tenantry"."tenant" drop constraint "tenant_logo_foreign";`);
    this.addSql(`alter table "tenantry"."tenant" drop constraint "tenant_logo_dark_foreign";`);
    this.addSql(`alter table "tenantry"."tenant" drop constraint "tenant_favicon_foreign";`);
    this.addSql(`alter table "tenantry"."realm_key" drop constraint "realm_key_tenant_foreign";`);
    this.addSql(`alter table "tenantry"."provider" drop constraint "provider_tenant_foreign";`);
    this.addSql(`alter table "tenantry"."campaign" drop constraint "campaign_tenant_foreign";`);

    this.addSql(`drop table if exists "tenantry"."audit_entry" cascade;`);
    this.addSql(`drop table if exists "tenantry"."idempotency_key" cascade;`);
    this.addSql(`drop table if exists "tenantry"."logo" cascade;`);
    this.addSql(`drop table if exists "tenantry"."realm_intent" cascade;`);
    this.addSql(`drop table if exists "tenantry"."sealed_value" cascade;`);
    this.addSql(`drop table if exists "tenantry"."tenant" cascade;`);
    this.addSql(`drop table if exists "tenantry"."realm_key" cascade;`);
    this.addSql(`drop table if exists "tenantry"."provider" cascade;`);
    this.addSql(`drop table if exists "tenantry"."campaign" cascade;`);

    this.addSql(`drop type "tenantry"."tenant_status";`);
    this.addSql(`drop schema if exists "tenantry";`);
  }
}
