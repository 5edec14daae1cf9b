import { defineEntity, p } from '@mikro-orm/core';

const RealmIntentSchema = defineEntity({
  name: 'RealmIntent',
  tableName: 'realm_intent',
  rowLevelSecurity: 'force',
  properties: {
    /** The UUID that the tenant and its realm are to have. */
    id: p.uuid().primary(),
    tenantId: p.text().unique(),
    code: p.text().unique(),
    realm: p.text().unique(),
    callerIssuer: p.text(),
    callerSubject: p.text(),
    createdAt: p.datetime(3),
  },
});

/** Written before Keycloak is asked to make a realm, so that no realm exists that nobody knows of. */
export class RealmIntent extends RealmIntentSchema.class {}
RealmIntentSchema.setClass(RealmIntent);
