import { Field, ObjectType, registerEnumType } from 'type-graphql';

import { enumOf } from '../../graphql/enum.js';
import { permissions, permissionsByRole, type Permission, type Role } from './permission.rules.js';
import type { Viewer as CurrentViewer } from './viewer.rules.js';

export const RoleEnum = enumOf(Object.keys(permissionsByRole) as Role[]);
registerEnumType(RoleEnum, {
  name: 'Role',
  description: "What a caller is: client roles in the operators' realm, or a tenant's own component.",
  valuesConfig: {
    TENANT_ADMIN: { description: 'Everything an operator may, and deleting tenants and issuing their tokens.' },
    TENANT_OPERATOR: { description: 'Reads, creates and changes tenants, and reads the audit trail.' },
    TENANT_VIEWER: { description: 'Reads tenants and the dashboard.' },
    TENANT_TOKEN_ISSUER: { description: "A core component's service account: gets tokens bound to tenants." },
    TENANT: { description: "A tenant's own component, by a token of the tenant's realm: reads that tenant alone." },
  },
});

export const PermissionEnum = enumOf(permissions);
registerEnumType(PermissionEnum, {
  name: 'Permission',
  description: 'What a caller may do.',
  valuesConfig: {
    READ_TENANTS: { description: 'Read tenants.' },
    CREATE_TENANTS: { description: 'Onboard tenants.' },
    UPDATE_TENANTS: { description: 'Change tenants and move them through their life, but not delete them.' },
    DELETE_TENANTS: { description: 'Delete tenants.' },
    READ_DASHBOARD: { description: 'Read the dashboard.' },
    READ_AUDIT: { description: 'Read the audit trail.' },
    ISSUE_TENANT_TOKENS: { description: 'Get tokens that are bound to a tenant.' },
    READ_CURRENT_TENANT: { description: 'Read the tenant that the token is bound to.' },
    READ_CURRENT_TENANT_SECRETS: { description: 'Read the secrets of the tenant that the token is bound to.' },
  },
});

@ObjectType({ description: 'Who is calling.' })
export class Viewer implements Pick<CurrentViewer, 'subject' | 'username' | 'roles' | 'permissions'> {
  @Field(() => String, { description: "The token's subject: together with its issuer it names the caller for ever." })
  subject!: string;

  @Field(() => String, { nullable: true, description: 'Name of the user; null for a service account.' })
  username!: string | null;

  @Field(() => [RoleEnum], { description: 'The roles that the token carries.' })
  roles!: readonly Role[];

  @Field(() => [PermissionEnum], { description: 'What these roles allow.' })
  permissions!: readonly Permission[];
}
