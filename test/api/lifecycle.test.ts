import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { createdIn, transition, transitioned, trial } from '../support/changes.js';
import { faultsOf } from '../support/client.js';
import type { SubscriptionInput, TenantStatus, TenantTransition } from '../support/generated/operations.js';
import { read, type TenantFields } from '../support/tenants.js';
import { trailOf, writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const statuses = ['TRIAL', 'ACTIVE', 'SUSPENDED', 'MAINTENANCE', 'INACTIVE', 'DELETED'] as const;
const actions = [
  'ACTIVATE',
  'SUSPEND',
  'REACTIVATE',
  'START_MAINTENANCE',
  'COMPLETE_MAINTENANCE',
  'DEACTIVATE',
  'DELETE',
] as const;

/** The table of the domain, written down a second time: rows by status, columns in the order of the actions; – is not legal. */
const table: Record<TenantStatus, readonly (TenantStatus | '–')[]> = {
  TRIAL: ['ACTIVE', 'SUSPENDED', '–', '–', '–', 'INACTIVE', 'DELETED'],
  ACTIVE: ['–', 'SUSPENDED', '–', 'MAINTENANCE', '–', 'INACTIVE', 'DELETED'],
  SUSPENDED: ['–', '–', 'ACTIVE', '–', '–', 'INACTIVE', 'DELETED'],
  MAINTENANCE: ['–', '–', '–', '–', 'ACTIVE', 'INACTIVE', 'DELETED'],
  INACTIVE: ['–', '–', 'ACTIVE', '–', '–', '–', 'DELETED'],
  DELETED: ['–', '–', '–', '–', '–', '–', '–'],
};

const legalFrom = (status: TenantStatus): TenantTransition[] =>
  actions.filter((_action, index) => table[status][index] !== '–');
const cells = statuses.flatMap((from) => actions.map((action, index) => [from, action, table[from][index]!] as const));
const standard: SubscriptionInput = { tier: 'STANDARD', startsAt: '2026-02-01T00:00:00.000Z', endsAt: null };

describe('every status × action', () => {
  it.each(cells)('%s, %s: %s', async (from, action, to) => {
    const before = await createdIn(app, from);
    expect(before.availableTransitions).toEqual(legalFrom(from));
    const details = action === 'ACTIVATE' ? { subscription: standard } : {};
    if (to === '–') {
      const payload = await writesNothing(app, () => transition(app, before.tenantId, action, details));
      const isDeleted = from === 'DELETED';
      expect(faultsOf(payload)).toEqual([`${isDeleted ? 'TENANT_DELETED' : 'INVALID_TRANSITION'} tenant`]);
      expect(payload.tenant).toEqual(isDeleted ? null : before);
      return;
    }
    const after = await transitioned(app, before.tenantId, action, { ...details, reason: 'agreed' });
    expect(after).toMatchObject({
      status: to,
      statusReason: 'agreed',
      isActive: to === 'TRIAL' || to === 'ACTIVE',
      availableTransitions: legalFrom(to),
      version: before.version + 1,
    });
    expect(after.statusChangedAt).toBe(after.updatedAt);
    expect(after.updatedAt > before.updatedAt).toBe(true);
    expect(after.deletedAt).toBe(to === 'DELETED' ? after.updatedAt : null);
    expect(await read(app, before.tenantId)).toEqual(after);
  });
});

describe('a reason', () => {
  it('is given with each transition, and goes with the next one that has none', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    expect((await transitioned(app, tenantId, 'SUSPEND', { reason: ' unpaid \n twice ' })).statusReason).toBe(
      'unpaid \n twice',
    );
    expect((await transitioned(app, tenantId, 'REACTIVATE')).statusReason).toBeNull();
  });

  it.each([
    ['blank', ' \n '],
    ['empty', ''],
    ['longer than 500 characters', 'x'.repeat(501)],
    ['with a control character', 'a\u0007b'],
  ])('that is %s is INVALID with a suspension', async (_kind, reason) => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    const payload = await writesNothing(app, () => transition(app, tenantId, 'SUSPEND', { reason }));
    expect(faultsOf(payload)).toEqual(['INVALID reason']);
    expect(payload.tenant).toBeNull();
  });

  it('may be left out, or null, with every other one', async () => {
    const { tenantId } = await createdIn(app, 'ACTIVE');
    expect((await transitioned(app, tenantId, 'START_MAINTENANCE', { reason: null })).statusReason).toBeNull();
    const payload = await transition(app, tenantId, 'DEACTIVATE', { reason: 'x'.repeat(501) });
    expect(faultsOf(payload)).toEqual(['INVALID reason']);
  });
});

describe('what is checked first', () => {
  it('NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT, INVALID_TRANSITION, and only then the rules', async () => {
    const faults = async (tenantId: string, details: { expectedVersion?: number; reason?: string } = {}) =>
      faultsOf(await transition(app, tenantId, 'SUSPEND', { reason: '', ...details }));
    expect(await faults('nobody', { expectedVersion: 7 })).toEqual(['NOT_FOUND tenant']);
    const deleted = await createdIn(app, 'DELETED');
    expect(await faults(deleted.tenantId, { expectedVersion: 7 })).toEqual(['TENANT_DELETED tenant']);
    const suspended = await createdIn(app, 'SUSPENDED');
    expect(await faults(suspended.tenantId, { expectedVersion: 7 })).toEqual(['VERSION_CONFLICT expectedVersion']);
    expect(await faults(suspended.tenantId, { expectedVersion: 2 })).toEqual(['INVALID_TRANSITION tenant']);
    const active = await createdIn(app, 'ACTIVE');
    expect(await faults(active.tenantId, { expectedVersion: 1 })).toEqual(['INVALID reason']);
  });

  it('VERSION_CONFLICT shows the tenant as it is', async () => {
    const tenant = await createdIn(app, 'ACTIVE');
    const payload = await transition(app, tenant.tenantId, 'SUSPEND', { expectedVersion: 2 });
    expect(faultsOf(payload)).toEqual(['VERSION_CONFLICT expectedVersion']);
    expect(payload.tenant).toEqual(tenant);
  });
});

describe('activation', () => {
  const activate = async ({ tenantId }: TenantFields, subscription?: SubscriptionInput): Promise<string[]> =>
    faultsOf(await transition(app, tenantId, 'ACTIVATE', { subscription }));

  it('needs a new subscription where the tier is TRIAL', async () => {
    const tenant = await createdIn(app, 'TRIAL');
    expect(await activate(tenant)).toEqual(['REQUIRED subscription']);
    const { status, subscription } = await transitioned(app, tenant.tenantId, 'ACTIVATE', { subscription: standard });
    expect(status).toBe('ACTIVE');
    expect(subscription).toMatchObject({ ...standard, isTrial: false, daysRemaining: null });
  });

  it('keeps tier and end of another one that was tried', async () => {
    const tried = { tier: 'PREMIUM', startsAt: trial.startsAt, endsAt: trial.endsAt, isTrial: true } as const;
    const { tenantId, status } = await createdIn(app, 'TRIAL', { subscription: tried });
    expect(status).toBe('TRIAL');
    const { subscription } = await transitioned(app, tenantId, 'ACTIVATE');
    expect(subscription).toMatchObject({ ...tried, isTrial: false });
  });

  it.each<[string, Partial<SubscriptionInput>]>([
    ['subscription.tier', { tier: 'TRIAL' }],
    ['subscription.isTrial', { isTrial: true }],
    ['subscription.endsAt', { endsAt: standard.startsAt }],
  ])('refuses a subscription that is no way out: %s', async (path, change) => {
    const tenant = await createdIn(app, 'TRIAL');
    expect(await writesNothing(app, () => activate(tenant, { ...standard, ...change }))).toEqual([`INVALID ${path}`]);
  });
});

describe('a tenant that returns', () => {
  it.each(['SUSPEND', 'DEACTIVATE'] as const)('is on trial again where it was, after %s', async (stop) => {
    const { tenantId } = await createdIn(app, 'TRIAL');
    await transitioned(app, tenantId, stop);
    expect((await transitioned(app, tenantId, 'REACTIVATE')).status).toBe('TRIAL');
  });

  it('is ACTIVE once its trial was ended', async () => {
    const { tenantId } = await createdIn(app, 'TRIAL');
    await transitioned(app, tenantId, 'ACTIVATE', { subscription: standard });
    await transitioned(app, tenantId, 'SUSPEND');
    expect((await transitioned(app, tenantId, 'REACTIVATE')).status).toBe('ACTIVE');
  });
});

describe('the trail', () => {
  it.each(statuses.filter((status) => status !== 'DELETED'))(
    'of a deletion from %s shows its legal path',
    async (from) => {
      const { tenantId, version } = await createdIn(app, from);
      const before = (await trailOf(app, tenantId)).length;
      const after = await transitioned(app, tenantId, 'DELETE', { reason: 'contract ended' });
      expect(after.version).toBe(version + 1);
      const steps = (await trailOf(app, tenantId)).slice(before);
      const last = { action: 'DELETED', from_status: 'INACTIVE', to_status: 'DELETED' };
      const way = { action: 'TRANSITIONED', from_status: from, to_status: 'INACTIVE' };
      expect(steps).toMatchObject(from === 'INACTIVE' ? [last] : [way, last]);
      expect(steps.every(({ reason, actor_name }) => reason === 'contract ended' && actor_name === 'admin')).toBe(true);
      expect(steps.at(-1)?.changes).toEqual({ 'keycloak.clientSecret': { changed: true } });
    },
  );

  it('of a transition names both statuses, and what else changed', async () => {
    const { tenantId } = await createdIn(app, 'TRIAL');
    await transitioned(app, tenantId, 'ACTIVATE', { subscription: standard });
    expect((await trailOf(app, tenantId)).at(-1)).toMatchObject({
      action: 'TRANSITIONED',
      from_status: 'TRIAL',
      to_status: 'ACTIVE',
      reason: null,
      changes: {
        'subscription.tier': { old: 'TRIAL', new: 'STANDARD' },
        'subscription.startsAt': { old: trial.startsAt, new: standard.startsAt },
        'subscription.endsAt': { old: trial.endsAt, new: null },
        'subscription.isTrial': { old: true, new: false },
      },
    });
  });
});
