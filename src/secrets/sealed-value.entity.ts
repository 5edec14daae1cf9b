import { defineEntity, p } from '@mikro-orm/core';

const SealedValueSchema = defineEntity({
  name: 'SealedValue',
  tableName: 'sealed_value',
  rowLevelSecurity: 'force',
  properties: {
    name: p.text().primary(),
    /** JWE. */
    value: p.text(),
  },
});

/** The service's own secrets: the canary that tells a wrong key, and the passwords of the restricted logins. */
export class SealedValue extends SealedValueSchema.class {}
SealedValueSchema.setClass(SealedValue);
