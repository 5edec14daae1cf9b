import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { AsyncCommand } from 'fast-check';
import { decodeJwt } from 'jose';
import { expect } from 'vitest';

import {
  ActivateTenantDocument,
  CompleteTenantMaintenanceDocument,
  CurrentTenantSecretsDocument,
  DeactivateTenantDocument,
  DeleteTenantDocument,
  IssueTenantTokenDocument,
  PatchTenantDocument,
  ReactivateTenantDocument,
  RotateTenantClientSecretDocument,
  SetTenantCampaignsDocument,
  SetTenantClientSecretDocument,
  SetTenantDialerDocument,
  StartTenantMaintenanceDocument,
  SuspendTenantDocument,
  type TenantChangeFragment,
} from '../generated/operations.js';
import { activationStart, effectOf } from './effects.js';
import { onboard, onboardAgain } from './onboard.js';
import { comparable, look, pictureBytes, refOf, sortedFaults, type Real } from './real.js';
import { isOperational, shown, type Action, type Json, type ModelTenant } from './state.js';
import type { Step } from './steps.js';
import { entry } from './trail.js';

/** What there is, by the model: the tenant of each slot, and those that had it before. */
export interface Model {
  readonly slots: (ModelTenant | undefined)[];
  readonly past: ModelTenant[];
}

const nobody = { id: '00000000-0000-7000-8000-000000000000', tenantId: 'nobody', code: 'NOBODY' };
const refusedOnceMs = 60_000;
const revealedOnceMs = 3_600_000;

/** One step, sent to the service and compared with the model: the answer, then everything there is to see. */
export class StepCommand implements AsyncCommand<Model, Real> {
  constructor(
    readonly step: Step,
    readonly counted: () => void,
  ) {}

  check = (): boolean => true;
  toString = (): string => JSON.stringify(this.step);

  async run(model: Model, real: Real): Promise<void> {
    real.tick();
    this.counted();
    const { slot, action } = this.step;
    const tenant = model.slots[slot];
    model.slots[slot] = await this.#do(model, real, action, tenant);
    const tenants = model.slots.filter((one) => one !== undefined);
    const seen = await look(
      real,
      tenants.map(({ tenantId }) => tenantId),
    );
    for (const [index, one] of tenants.entries()) {
      expect(seen[index]!.tenant).toEqual(shown(one, real.now()));
      expect(seen[index]!.entries).toEqual(one.entries);
      expect(seen[index]!.totalCount).toBe(one.entries.length);
    }
  }

  async #do(
    model: Model,
    real: Real,
    action: Action,
    tenant: ModelTenant | undefined,
  ): Promise<ModelTenant | undefined> {
    if (action.kind === 'token') return await issue(real, this.step, tenant);
    if (action.kind !== 'create') return await this.#change(real, action, tenant);
    if (tenant && tenant.status !== 'DELETED') {
      await onboardAgain(real, action.input, tenant);
      return tenant;
    }
    const made = await onboard(real, action.input);
    if (made && tenant) model.past.push(tenant);
    return made ?? tenant;
  }

  async #change(
    real: Real,
    action: Exclude<Action, { readonly kind: 'create' | 'token' }>,
    tenant: ModelTenant | undefined,
  ): Promise<ModelTenant | undefined> {
    const { app, now, pictures } = real;
    const { version, by } = this.step;
    const newSecret = `secret ${real.next()}`;
    const at = { now: now(), pictures, newSecret, otpManagerUrl: app.otpManager.url };
    const outcome = tenant && effectOf(tenant, action, version, at);
    const clientSecret = outcome?.tenant.clientSecret ?? newSecret;
    if (tenant && action.kind === 'clientSecret' && outcome?.faults.length === 0) {
      await app.standIn.control.setClientSecret(tenant.keycloak.realm, 'cx-core', clientSecret);
    }
    const expectedVersion = { any: undefined, right: tenant?.version, wrong: (tenant?.version ?? 0) + 1 }[version];
    const target = { tenant: refOf(by, tenant ?? nobody), expectedVersion };
    const payload = await send(real, action, target, clientSecret);
    expect(sortedFaults(payload)).toEqual(outcome ? [...outcome.faults].sort() : ['NOT_FOUND tenant']);
    const isShown = outcome !== undefined && (outcome.isShown === true || outcome.faults.length === 0);
    expect(payload.tenant && comparable(payload.tenant)).toEqual(isShown ? shown(outcome.tenant, now()) : null);
    expect(payload.tokensValidUntil).toBe(outcome?.tokensValidUntil ?? null);
    return outcome?.tenant;
  }
}

type ChangeDocument = TypedDocumentNode<Record<string, TenantChangeFragment | null>, Json>;
const lifecycle = {
  ACTIVATE: ActivateTenantDocument,
  SUSPEND: SuspendTenantDocument,
  REACTIVATE: ReactivateTenantDocument,
  START_MAINTENANCE: StartTenantMaintenanceDocument,
  COMPLETE_MAINTENANCE: CompleteTenantMaintenanceDocument,
  DEACTIVATE: DeactivateTenantDocument,
  DELETE: DeleteTenantDocument,
};

async function send(
  real: Real,
  action: Exclude<Action, { readonly kind: 'create' | 'token' }>,
  target: Json,
  clientSecret: string,
): Promise<TenantChangeFragment> {
  const { client } = real.app;
  const execute = async (document: object, more: Json = {}): Promise<TenantChangeFragment> =>
    Object.values(await client.data(document as ChangeDocument, { ...target, ...more }, { as: 'admin' }))[0]!;
  switch (action.kind) {
    case 'patch':
      return await sendPatch(real, action, target, execute);
    case 'transition': {
      const { action: name, tier } = action;
      const reason = action.reason ?? (name === 'SUSPEND' ? '' : action.reason);
      const subscription = tier && { tier, startsAt: activationStart };
      return await execute(lifecycle[name], { reason, ...(name === 'ACTIVATE' && { subscription }) });
    }
    case 'campaigns':
      return await execute(SetTenantCampaignsDocument, { campaigns: action.campaigns });
    case 'dialer':
      return await execute(SetTenantDialerDocument, { dialer: action.dialer });
    case 'clientSecret':
      return await execute(SetTenantClientSecretDocument, { clientSecret });
    case 'rotate':
      return await execute(RotateTenantClientSecretDocument);
  }
}

async function sendPatch(
  { app }: Real,
  { patch, picture }: Extract<Action, { readonly kind: 'patch' }>,
  target: Json,
  execute: (document: object, more: Json) => Promise<TenantChangeFragment>,
): Promise<TenantChangeFragment> {
  const settings = patch.settings && {
    ...patch.settings,
    ...(typeof patch.settings.otpManagerUrl === 'string' && { otpManagerUrl: app.otpManager.url }),
  };
  const sent = { ...patch, ...(settings && { settings }) };
  if (picture === undefined) return await execute(PatchTenantDocument, { patch: sent });
  const files = [{ path: 'variables.patch.logo', bytes: pictureBytes[picture] }];
  const variables = { ...target, patch: { ...sent, logo: null } };
  const { data, errors } = await app.client.upload(PatchTenantDocument as unknown as ChangeDocument, variables, files, {
    as: 'admin',
  });
  expect(errors).toBeUndefined();
  return data!['patchTenant']!;
}

/** Asks for a token, and with it for the tenant's own secrets: what was written must come out again. */
async function issue(
  { app, now }: Real,
  { by, action }: Step,
  tenant: ModelTenant | undefined,
): Promise<ModelTenant | undefined> {
  const scope = action.kind === 'token' ? action.scope : undefined;
  const variables = { tenant: refOf(by, tenant ?? nobody), scope };
  const { issueTenantToken } = await app.client.data(IssueTenantTokenDocument, variables, { as: 'component' });
  const fault = refusalOf(tenant, scope);
  expect(sortedFaults(issueTenantToken)).toEqual(fault ? [fault] : []);
  if (tenant === undefined) return undefined;
  if (fault !== undefined) {
    const [errorCode = ''] = fault.split(' ');
    return recordedOnce(tenant, now(), refusedOnceMs, { action: 'TOKEN_REFUSED', actor: 'core-component', errorCode });
  }
  const { accessToken: token } = issueTenantToken!.token!;
  const until = new Date(decodeJwt(token).exp! * 1_000).toISOString();
  const { currentTenantSecrets } = await app.client.data(CurrentTenantSecretsDocument, {}, { token });
  expect(currentTenantSecrets).toEqual({
    campaigns: tenant.campaigns.map(({ name, username, password, secrets }) => ({ name, username, password, secrets })),
    providers: tenant.providers.map(({ kind, name, secrets }) => ({ kind, name, secrets })),
  });
  const tokensUntil = tenant.tokensUntil !== null && tenant.tokensUntil > until ? tenant.tokensUntil : until;
  return {
    ...recordedOnce(tenant, now(), revealedOnceMs, { action: 'SECRETS_READ', actor: 'cx-core', errorCode: null }),
    tokensUntil,
  };
}

function refusalOf(tenant: ModelTenant | undefined, scope: readonly string[] = []): string | undefined {
  if (tenant === undefined) return 'NOT_FOUND tenant';
  if (!isOperational(tenant.status)) return 'TENANT_NOT_OPERATIONAL tenant';
  return scope.every((name) => tenant.keycloak.scope.includes(name)) ? undefined : 'INVALID scope';
}

function recordedOnce(
  tenant: ModelTenant,
  now: Date,
  onceInMs: number,
  { action, actor, errorCode }: { readonly action: string; readonly actor: string; readonly errorCode: string | null },
): ModelTenant {
  const isThere = tenant.entries.some(
    (one) => one.action === action && one.errorCode === errorCode && Date.parse(one.at) > now.getTime() - onceInMs,
  );
  if (isThere) return tenant;
  return { ...tenant, entries: [entry(action, now.toISOString(), actor, { errorCode }), ...tenant.entries] };
}
