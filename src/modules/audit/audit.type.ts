import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';

import type { UserErrorCode } from '../../errors.js';
import { enumOf } from '../../graphql/enum.js';
import { PageInfo } from '../../graphql/page.type.js';
import { UserErrorCodeEnum } from '../../graphql/payload.type.js';
import { DateTimeScalar, JSONObjectScalar, URLScalar } from '../../graphql/scalars.js';
import type { JsonObject } from '../../validation/json-object.rules.js';
import type { TenantStatus } from '../tenant/lifecycle.rules.js';
import { TenantStatusEnum } from '../tenant/tenant-enums.type.js';
import { auditActions, type AuditAction } from './audit.rules.js';

export const AuditActionEnum = enumOf(auditActions);
registerEnumType(AuditActionEnum, {
  name: 'AuditAction',
  description: 'What an entry of the audit trail records.',
  valuesConfig: {
    CREATED: { description: 'A tenant was onboarded.' },
    PATCHED: { description: 'Settings, profile, logo, campaigns or dialer changed.' },
    TRANSITIONED: { description: 'The status changed.' },
    DELETED: { description: 'The tenant was deleted, logically.' },
    SECRET_CHANGED: { description: 'The client secret changed.' },
    SECRETS_READ: { description: "The tenant's own component read its secrets; at most once an hour." },
    TOKEN_REFUSED: { description: 'A token was refused; at most once a minute for a tenant, actor and code.' },
  },
});

@ObjectType({ description: 'Who did it: the name may be given to another one day, issuer and subject may not.' })
export class Actor {
  @Field(() => String, { description: "User name, or a service account's client id; system for the service itself." })
  name!: string;

  @Field(() => String, { description: 'Subject (sub) of the token.' })
  subject!: string;

  @Field(() => URLScalar, { description: 'Issuer (iss) of the token.' })
  issuer!: string;
}

@ObjectType({ description: 'An entry of the audit trail, which is append-only.' })
export class AuditEntry {
  @Field(() => ID, { description: 'UUIDv7.' })
  id!: string;

  @Field(() => DateTimeScalar, { description: 'When.' })
  at!: Date;

  @Field(() => Actor, { description: 'Who.' })
  actor!: Actor;

  @Field(() => AuditActionEnum, { description: 'What.' })
  action!: AuditAction;

  @Field(() => String, { nullable: true, description: 'Which tenant, by its tenantId.' })
  tenantId!: string | null;

  @Field(() => TenantStatusEnum, { nullable: true, description: 'Status before.' })
  fromStatus!: TenantStatus | null;

  @Field(() => TenantStatusEnum, { nullable: true, description: 'Status after.' })
  toStatus!: TenantStatus | null;

  @Field(() => String, { nullable: true, description: 'Reason that was given.' })
  reason!: string | null;

  @Field(() => UserErrorCodeEnum, { nullable: true, description: 'Why a token was refused.' })
  errorCode!: UserErrorCode | null;

  @Field(() => JSONObjectScalar, {
    description:
      'What changed: field path mapped to { "old": …, "new": … }; a secret shows only { "changed": true }. A dot within a name has a backslash before it.',
  })
  changes!: JsonObject;
}

@ObjectType({ description: 'An entry in a list.' })
export class AuditEntryEdge {
  @Field(() => AuditEntry, { description: 'The entry.' })
  node!: AuditEntry;

  @Field(() => String, { description: 'Where it stands in this list: for after and before.' })
  cursor!: string;
}

@ObjectType({ description: 'A page of the audit trail (GraphQL Cursor Connections).' })
export class AuditEntryConnection {
  @Field(() => [AuditEntryEdge], { description: 'The entries of this page with their cursors.' })
  edges!: AuditEntryEdge[];

  @Field(() => [AuditEntry], { description: 'The entries of this page.' })
  nodes!: AuditEntry[];

  @Field(() => PageInfo, { description: 'What lies before and after this page.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'How many there are on all pages; counted only when asked for.' })
  totalCount!: number;
}

@InputType({ description: 'Members are joined by AND; null is no filter; an empty list matches nothing.' })
export class AuditFilter {
  @Field(() => [AuditActionEnum], { nullable: true, description: 'One of these actions.' })
  action?: AuditAction[] | null;

  @Field(() => String, { nullable: true, description: "An actor's name or subject, exactly." })
  actor?: string | null;

  @Field(() => String, { nullable: true, description: 'A tenantId, exactly.' })
  tenantId?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'At this moment or later.' })
  from?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'Before this moment.' })
  before?: Date | null;
}
