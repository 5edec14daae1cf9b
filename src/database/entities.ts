import { AuditEntry } from '../modules/audit/audit-entry.entity.js';
import { Logo } from '../modules/branding/logo.entity.js';
import { Campaign } from '../modules/contact-center/campaign.entity.js';
import { Provider } from '../modules/provider/provider.entity.js';
import { IdempotencyKey } from '../modules/tenant/idempotency-key.entity.js';
import { RealmIntent } from '../modules/realm/realm-intent.entity.js';
import { RealmKey } from '../modules/realm/realm-key.entity.js';
import { Tenant } from '../modules/tenant/tenant.entity.js';
import { SealedValue } from '../secrets/sealed-value.entity.js';

/** Every entity there is; a new one is added here and in the table of access (`isolation.ts`). */
export const entities = [
  AuditEntry,
  Campaign,
  Logo,
  Provider,
  IdempotencyKey,
  RealmIntent,
  RealmKey,
  SealedValue,
  Tenant,
];
