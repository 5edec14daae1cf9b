/** Roles and what each may do. Roles of people and components are client roles in the operators' realm. */

export const permissions = [
  'READ_TENANTS',
  'CREATE_TENANTS',
  'UPDATE_TENANTS',
  'DELETE_TENANTS',
  'READ_DASHBOARD',
  'READ_AUDIT',
  'ISSUE_TENANT_TOKENS',
  'READ_CURRENT_TENANT',
  'READ_CURRENT_TENANT_SECRETS',
] as const;
export type Permission = (typeof permissions)[number];

const viewer: readonly Permission[] = ['READ_TENANTS', 'READ_DASHBOARD'];
const operator: readonly Permission[] = [...viewer, 'CREATE_TENANTS', 'UPDATE_TENANTS', 'READ_AUDIT'];

export const permissionsByRole = {
  TENANT_ADMIN: [...operator, 'DELETE_TENANTS', 'ISSUE_TENANT_TOKENS'],
  TENANT_OPERATOR: operator,
  TENANT_VIEWER: viewer,
  TENANT_TOKEN_ISSUER: ['ISSUE_TENANT_TOKENS'],
  TENANT: ['READ_CURRENT_TENANT', 'READ_CURRENT_TENANT_SECRETS'],
} as const satisfies Record<string, readonly Permission[]>;
export type Role = keyof typeof permissionsByRole;

/** Names of the client roles in Keycloak. */
export const roleByClientRole: Readonly<Record<string, Role>> = {
  'tenant-admin': 'TENANT_ADMIN',
  'tenant-operator': 'TENANT_OPERATOR',
  'tenant-viewer': 'TENANT_VIEWER',
  'tenant-token-issuer': 'TENANT_TOKEN_ISSUER',
};

/** The permissions of several roles together, each once, in the order of the enum. */
export function permissionsOf(roles: readonly Role[]): Permission[] {
  const held = new Set<Permission>(roles.flatMap((role) => permissionsByRole[role]));
  return permissions.filter((permission) => held.has(permission));
}
