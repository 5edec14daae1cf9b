import { Field, ObjectType, registerEnumType } from 'type-graphql';

import { enumOf } from '../../graphql/enum.js';
import { DateTimeScalar } from '../../graphql/scalars.js';
import { realmDriftCodes, type RealmDriftCode, type RealmDriftFinding as Finding } from './realm-drift.rules.js';
import type { RealmDriftReport } from './realm-drift.service.js';

export const RealmDriftCodeEnum = enumOf(Object.keys(realmDriftCodes) as RealmDriftCode[]);
registerEnumType(RealmDriftCodeEnum, {
  name: 'RealmDriftCode',
  description: 'What may be otherwise in a realm than Tenantry left it, or needs it.',
  valuesConfig: Object.fromEntries(
    Object.entries(realmDriftCodes).map(([code, description]) => [code, { description }]),
  ),
});

@ObjectType({ description: 'One thing that is otherwise in the realm than Tenantry left it, or needs it.' })
export class RealmDriftFinding implements Finding {
  @Field(() => RealmDriftCodeEnum, { description: 'What it is, for programs.' })
  code!: RealmDriftCode;

  @Field(() => String, { description: 'What it is, for a person; may change wording.' })
  message!: string;

  @Field(() => Boolean, {
    description: 'Whether reconcileTenantRealm can mend it; KEYS_EXCHANGED with acceptNewKeys alone.',
  })
  canReconcile!: boolean;
}

@ObjectType({ description: "How a tenant's realm differs from what Tenantry left there, or needs." })
export class RealmDrift implements RealmDriftReport {
  @Field(() => DateTimeScalar, { description: 'When Keycloak was looked at: just now.' })
  checkedAt!: Date;

  @Field(() => [RealmDriftFinding], { description: 'Everything that was found; empty where all is as it should be.' })
  findings!: RealmDriftFinding[];
}
