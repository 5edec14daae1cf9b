import { defineEntity, p } from '@mikro-orm/core';

import { Tenant } from '../tenant/tenant.entity.js';
import { providerKinds } from './provider.rules.js';

const ProviderSchema = defineEntity({
  name: 'Provider',
  tableName: 'provider',
  rowLevelSecurity: 'force',
  properties: {
    id: p.uuid().primary(),
    tenant: () => p.manyToOne(Tenant).mapToPk().joinColumn('tenant').deleteRule('cascade'),
    kind: p.enum(providerKinds),
    name: p.text(),
    position: p.integer(),
    isPrimary: p.boolean(),
    settings: p.json<Record<string, unknown>>().defaultRaw(`'{}'`),
    /** Name → JWE of the JSON value. */
    secrets: p.json<Record<string, string>>().defaultRaw(`'{}'`),
  },
  uniques: [{ properties: ['tenant', 'kind', 'name'] }],
});

export class Provider extends ProviderSchema.class {}
ProviderSchema.setClass(Provider);
