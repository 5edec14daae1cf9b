import { Migration } from '@mikro-orm/migrations';

/** An intent may be that of a realm alone, which is to be removed, and remembers since when Keycloak has none. */
export class Migration20261129003000_left_realms extends Migration {
  override name = 'Migration20261129003000_left_realms';

  override up(): void | Promise<void> {
    this.addSql(`alter table "tenantry"."realm_intent" alter column "tenant_id" drop not null;`);
    this.addSql(`alter table "tenantry"."realm_intent" alter column "code" drop not null;`);
    this.addSql(`alter table "tenantry"."realm_intent" add "missing_since" timestamptz(3) null;`);
  }

  override down(): void | Promise<void> {
    this.addSql(`delete from "tenantry"."realm_intent" where "tenant_id" is null or "code" is null;`);
    this.addSql(`alter table "tenantry"."realm_intent" drop column "missing_since";`);
    this.addSql(`alter table "tenantry"."realm_intent" alter column "tenant_id" set not null;`);
    this.addSql(`alter table "tenantry"."realm_intent" alter column "code" set not null;`);
  }
}
