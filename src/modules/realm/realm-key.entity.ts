import { defineEntity, p } from '@mikro-orm/core';

import { Tenant } from '../tenant/tenant.entity.js';

const RealmKeySchema = defineEntity({
  name: 'RealmKey',
  tableName: 'realm_key',
  rowLevelSecurity: 'force',
  properties: {
    /** RFC 7638 thumbprint of a signing key: no two registered realms may share one. */
    thumbprint: p.text().primary(),
    tenant: () => p.manyToOne(Tenant).mapToPk().joinColumn('tenant').deleteRule('cascade'),
    seenAt: p.datetime(3),
  },
});

export class RealmKey extends RealmKeySchema.class {}
RealmKeySchema.setClass(RealmKey);
