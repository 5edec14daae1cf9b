import { defineEntity, p } from '@mikro-orm/core';

import { Tenant } from '../tenant/tenant.entity.js';

const CampaignSchema = defineEntity({
  name: 'Campaign',
  tableName: 'campaign',
  rowLevelSecurity: 'force',
  properties: {
    id: p.uuid().primary(),
    tenant: () => p.manyToOne(Tenant).mapToPk().joinColumn('tenant').deleteRule('cascade'),
    name: p.text(),
    position: p.integer(),
    serviceUrl: p.text().strictNullable(),
    username: p.text().strictNullable(),
    isEnabled: p.boolean(),
    settings: p.json<Record<string, unknown>>().defaultRaw(`'{}'`),
    /** JWE. */
    password: p.text().strictNullable(),
    /** Name → JWE of the JSON value. */
    secrets: p.json<Record<string, string>>().defaultRaw(`'{}'`),
  },
  uniques: [{ properties: ['tenant', 'name'] }],
});

export class Campaign extends CampaignSchema.class {}
CampaignSchema.setClass(Campaign);
