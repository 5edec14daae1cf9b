import { registerEnumType } from 'type-graphql';

import { enumOf } from '../../graphql/enum.js';
import { tenantStatuses, tenantTransitions } from './lifecycle.rules.js';
import { realmOrigins, realmStates, realmSyncStates } from '../realm/realm.rules.js';
import { subscriptionTiers } from './subscription.rules.js';

export const TenantStatusEnum = enumOf(tenantStatuses);
registerEnumType(TenantStatusEnum, {
  name: 'TenantStatus',
  description: 'Where a tenant is in its life.',
  valuesConfig: {
    TRIAL: { description: 'In use, on a trial subscription.' },
    ACTIVE: { description: 'In use.' },
    SUSPENDED: { description: 'Cut off for the time being, for instance for non-payment.' },
    MAINTENANCE: { description: 'Out of service for planned maintenance.' },
    INACTIVE: { description: 'No longer in use.' },
    DELETED: { description: 'Logically deleted; record and history stay.' },
  },
});

export const TenantTransitionEnum = enumOf(tenantTransitions);
registerEnumType(TenantTransitionEnum, {
  name: 'TenantTransition',
  description: 'What may be asked of a tenant: one mutation each.',
  valuesConfig: {
    ACTIVATE: { description: 'activateTenant: out of trial.' },
    SUSPEND: { description: 'suspendTenant: cut off for the time being.' },
    REACTIVATE: { description: 'reactivateTenant: back in use.' },
    START_MAINTENANCE: { description: 'startTenantMaintenance.' },
    COMPLETE_MAINTENANCE: { description: 'completeTenantMaintenance.' },
    DEACTIVATE: { description: 'deactivateTenant: no longer in use.' },
    DELETE: { description: 'deleteTenant: the logical delete.' },
  },
});

export const SubscriptionTierEnum = enumOf(subscriptionTiers);
registerEnumType(SubscriptionTierEnum, {
  name: 'SubscriptionTier',
  description: 'Tier of a subscription.',
  valuesConfig: {
    TRIAL: { description: 'Always a trial.' },
    BASIC: { description: 'Basic.' },
    STANDARD: { description: 'Standard: the default.' },
    PREMIUM: { description: 'Premium.' },
    ENTERPRISE: { description: 'Enterprise.' },
  },
});

export const RealmOriginEnum = enumOf(realmOrigins);
registerEnumType(RealmOriginEnum, {
  name: 'RealmOrigin',
  description: 'How a tenant came by its realm.',
  valuesConfig: {
    ADOPTED: { description: 'It was there already; Tenantry never changes it.' },
    PROVISIONED: { description: 'Tenantry made it.' },
  },
});

export const RealmStateEnum = enumOf(realmStates);
registerEnumType(RealmStateEnum, {
  name: 'RealmState',
  description: 'Whether a realm can be used.',
  valuesConfig: {
    ENABLED: { description: 'It issues tokens.' },
    DISABLED: { description: 'It refuses to issue tokens.' },
    UNMANAGED: { description: 'Adopted: not for Tenantry to say.' },
  },
});

export const RealmSyncStateEnum = enumOf(realmSyncStates);
registerEnumType(RealmSyncStateEnum, {
  name: 'RealmSyncState',
  description: 'How far Keycloak has followed the tenant.',
  valuesConfig: {
    IN_SYNC: { description: "As the tenant's status wants it." },
    PENDING: { description: 'Something is still to be done; it is being tried.' },
    FAILED: { description: 'Tries have failed; see lastError. It is still being tried.' },
  },
});
