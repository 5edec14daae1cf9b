import { defineEntity, p } from '@mikro-orm/core';

const RealmIntentSchema = defineEntity({
  name: 'RealmIntent',
  tableName: 'realm_intent',
  rowLevelSecurity: 'force',
  properties: {
    /** The UUID that the tenant and its realm are to have. */
    id: p.uuid().primary(),
    /** Null once the tenant is made in another way: what is left is a realm to be removed. */
    tenantId: p.text().strictNullable().unique(),
    code: p.text().strictNullable().unique(),
    realm: p.text().unique(),
    callerIssuer: p.text(),
    callerSubject: p.text(),
    createdAt: p.datetime(3),
    /** When Keycloak was first seen to have no such realm: it may still be at work on it. */
    missingSince: p.datetime(3).strictNullable(),
  },
});

/** Written before Keycloak is asked to make a realm, so that no realm exists that nobody knows of. */
export class RealmIntent extends RealmIntentSchema.class {}
RealmIntentSchema.setClass(RealmIntent);
