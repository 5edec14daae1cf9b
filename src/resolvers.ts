import { AuthResolver } from './modules/auth/auth.resolver.js';
import { ContactCenterResolver } from './modules/contact-center/contact-center.resolver.js';
import { DashboardResolver } from './modules/dashboard/dashboard.resolver.js';
import { IdentityResolver } from './modules/identity/identity.resolver.js';
import { TenantResolver } from './modules/tenant/tenant.resolver.js';
import { TenantTokenResolver } from './modules/tenant-token/tenant-token.resolver.js';

/** Every resolver of the API; the schema is made of these. */
export const resolvers = [
  AuthResolver,
  IdentityResolver,
  TenantResolver,
  ContactCenterResolver,
  DashboardResolver,
  TenantTokenResolver,
] as const;
