import type { EntityManager } from '@mikro-orm/postgresql';

import { violatedUnique } from '../../database/conflicts.js';
import { userFault, type UserErrorCode } from '../../errors.js';
import { realmPaths } from './create-tenant.rules.js';
import { Tenant } from './tenant.entity.js';

/** What is unique among tenants, deleted ones included. */
export interface TenantNames {
  readonly tenantId: string;
  readonly code: string;
  readonly issuer: string;
}

type Taken = readonly [UserErrorCode, readonly string[], string];

export const tenantIdTaken: Taken = ['TAKEN', ['input', 'tenantId'], 'This tenantId is already used.'];
export const codeTaken: Taken = ['TAKEN', ['input', 'code'], 'This code is already used.'];
export const realmTaken: Taken = [
  'REALM_TAKEN',
  realmPaths.realm,
  "This realm is the operators' own, or serves, or served, another tenant.",
];

const takenBy: Readonly<Record<string, Taken>> = {
  tenant_tenant_id_unique: tenantIdTaken,
  realm_intent_tenant_id_unique: tenantIdTaken,
  tenant_code_unique: codeTaken,
  realm_intent_code_unique: codeTaken,
  tenant_issuer_unique: realmTaken,
  realm_intent_realm_unique: realmTaken,
  idempotency_key_pkey: tenantIdTaken,
  realm_key_pkey: ['REALM_TAKEN', realmPaths.realm, 'A signing key of this realm is that of another registered realm.'],
};

/** Who loses a race for a name learns it from the constraint: turns its violation into the fault that a check gives. */
export async function withTakenAsFault<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const taken = takenBy[violatedUnique(error) ?? ''];
    if (taken === undefined) throw error;
    return userFault(...taken);
  }
}

/** Which names are used by tenants. Reservations are settled when one is made. */
export async function namesInUse(
  em: EntityManager,
  { tenantId, code, issuer }: TenantNames,
): Promise<Record<keyof TenantNames, boolean>> {
  const found = await em.find(
    Tenant,
    { $or: [{ tenantId }, { code }, { issuer }] },
    { fields: ['tenantId', 'code', 'issuer'], disableIdentityMap: true },
  );
  return {
    tenantId: found.some((tenant) => tenant.tenantId === tenantId),
    code: found.some((tenant) => tenant.code === code),
    issuer: found.some((tenant) => tenant.issuer === issuer),
  };
}

/** @throws UserFault TAKEN or REALM_TAKEN where a tenant has one of the names */
export async function refuseNamesInUse(em: EntityManager, names: TenantNames): Promise<void> {
  const used = await namesInUse(em, names);
  if (used.tenantId) userFault(...tenantIdTaken);
  if (used.code) userFault(...codeTaken);
  if (used.issuer) userFault(...realmTaken);
}
