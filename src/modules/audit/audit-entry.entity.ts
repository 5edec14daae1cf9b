import { defineEntity, p } from '@mikro-orm/core';

import { userErrorCodes, type UserErrorCode } from '../../errors.js';
import { tenantStatuses } from '../tenant/lifecycle.rules.js';
import { auditActions } from './audit.rules.js';

const AuditEntrySchema = defineEntity({
  name: 'AuditEntry',
  tableName: 'audit_entry',
  rowLevelSecurity: 'force',
  properties: {
    /** UUIDv7: tells apart what happened in the same millisecond. */
    id: p.uuid().primary(),
    at: p.datetime(3),
    actorName: p.text(),
    actorSubject: p.text(),
    actorIssuer: p.text(),
    action: p.enum(auditActions),
    /** The tenant's UUID. No foreign key: the trail outlives what it tells of. */
    tenant: p.uuid().strictNullable(),
    tenantId: p.text().strictNullable(),
    fromStatus: p.enum(tenantStatuses).nativeEnumName('tenant_status').strictNullable(),
    toStatus: p.enum(tenantStatuses).nativeEnumName('tenant_status').strictNullable(),
    reason: p.text().strictNullable(),
    errorCode: p.enum(Object.keys(userErrorCodes) as UserErrorCode[]).strictNullable(),
    changes: p.json<Record<string, unknown>>().defaultRaw(`'{}'`),
  },
  // One for the whole trail and one for each way to filter it, all of them in its order.
  indexes: [
    { properties: ['at', 'id', 'action'] },
    { properties: ['action', 'at', 'id'] },
    { properties: ['tenant', 'at', 'id'] },
    { properties: ['tenantId', 'at', 'id'] },
    { properties: ['actorName', 'at', 'id'] },
    { properties: ['actorSubject', 'at', 'id'] },
  ],
});

export class AuditEntry extends AuditEntrySchema.class {}
AuditEntrySchema.setClass(AuditEntry);
