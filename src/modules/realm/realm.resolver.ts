import { Arg, Authorized, Ctx, Extensions, FieldResolver, Mutation, Resolver, Root } from 'type-graphql';

import type { RequestContext } from '../../context.js';
import type { Changed } from '../tenant/change-tenant.service.js';
import { readDrift, type RealmDriftReport } from './realm-drift.service.js';
import { RealmDrift } from './realm-drift.type.js';
import { reconcileRealm } from './realm-reconciliation.service.js';
import { TenantRef } from '../tenant/tenant.input.js';
import { TenantPayload } from '../tenant/tenant-payload.type.js';
import { KeycloakSettings } from '../tenant/tenant.type.js';

@Resolver(() => KeycloakSettings)
export class RealmResolver {
  @Authorized('READ_TENANTS', 'READ_CURRENT_TENANT')
  @Extensions({ nodes: 200 })
  @FieldResolver(() => RealmDrift, {
    nullable: true,
    description:
      "How the realm in Keycloak differs from what it should be, looked at now, within 5 s. Counts as 200 of the 1,000 nodes that an operation can return. null for a tenant's own token.",
  })
  async drift(
    @Root() { tenant }: KeycloakSettings,
    @Ctx() { app, viewer }: RequestContext,
  ): Promise<RealmDriftReport | null> {
    return viewer?.tenant === null ? await readDrift(app, tenant) : null;
  }

  @Authorized('UPDATE_TENANTS')
  @Mutation(() => TenantPayload, {
    nullable: true,
    description:
      'Puts right what Tenantry may put right in the realm (see keycloak.drift), and lifts its quarantine. An adopted realm is never changed: it is asked for a token again, and its keys are confirmed.',
  })
  reconcileTenantRealm(
    @Ctx() ctx: RequestContext,
    @Arg('tenant', () => TenantRef, { description: 'Which tenant.' }) tenant: TenantRef,
    @Arg('acceptNewKeys', () => Boolean, {
      defaultValue: false,
      description: 'Whether the keys that an adopted realm shows now are its own, although it shares none with before.',
    })
    acceptNewKeys: boolean,
  ): Promise<Changed> {
    return reconcileRealm(ctx, tenant, acceptNewKeys);
  }
}
