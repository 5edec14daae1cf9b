import { AuditResolver } from './modules/audit/audit.resolver.js';
import { AuthResolver } from './modules/auth/auth.resolver.js';
import { ContactCenterResolver } from './modules/contact-center/contact-center.resolver.js';
import { DashboardResolver } from './modules/dashboard/dashboard.resolver.js';
import { IdentityResolver } from './modules/identity/identity.resolver.js';
import { CurrentTenantResolver } from './modules/tenant/current-tenant.resolver.js';
import { RealmResolver } from './modules/realm/realm.resolver.js';
import { TenantLifecycleResolver } from './modules/tenant/tenant-lifecycle.resolver.js';
import { TenantResolver } from './modules/tenant/tenant.resolver.js';
import { TenantTokenResolver } from './modules/tenant-token/tenant-token.resolver.js';

/** Every resolver of the API; the schema is made of these. */
export const resolvers = [
  AuthResolver,
  IdentityResolver,
  TenantResolver,
  TenantLifecycleResolver,
  RealmResolver,
  CurrentTenantResolver,
  ContactCenterResolver,
  DashboardResolver,
  AuditResolver,
  TenantTokenResolver,
] as const;
