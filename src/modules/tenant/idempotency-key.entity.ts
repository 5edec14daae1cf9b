import { defineEntity, p } from '@mikro-orm/core';

const IdempotencyKeySchema = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_key',
  rowLevelSecurity: 'force',
  properties: {
    /** Keyed digest of caller (issuer and subject) and key. */
    id: p.text().primary(),
    /** Keyed digest of the input, secrets and files included. */
    inputDigest: p.text(),
    /** UUID of the tenant that the first call made. */
    tenant: p.uuid(),
    createdAt: p.datetime(3).index(),
  },
});

/** Which tenant a caller's idempotency key stands for. */
export class IdempotencyKey extends IdempotencyKeySchema.class {}
IdempotencyKeySchema.setClass(IdempotencyKey);
