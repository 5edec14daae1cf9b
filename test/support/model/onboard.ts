import { CreateTenantDocument, type CreateTenantInput } from '../generated/operations.js';
import { campaignsAfter, providersAfter } from './effects.js';
import { twoFactorOf } from './profile.js';
import { comparable, sortedFaults, type Real } from './real.js';
import { shown, type ModelCreate, type ModelTenant } from './state.js';
import { changesBetween, entry } from './trail.js';
import { expect } from 'vitest';

type Realm = CreateTenantInput['keycloak']['realm'];
const noRealm: Realm = { adopt: { realm: 'there-is-none', clientId: 'cx-core', clientSecret: 'x' } };
const startsAt = '2025-01-01T00:00:00.000Z';

/** Onboards a tenant and checks what is answered; returns what is to be there from now on, or nothing where it is refused. */
export async function onboard(real: Real, given: ModelCreate): Promise<ModelTenant | undefined> {
  const { app } = real;
  const n = real.next();
  const [tenantId, code] = [`m${n}`, `M${n}`];
  const isRefused = given.twoFactor.enabled !== undefined && !given.hasOtpManager;
  const realm: Realm = isRefused ? noRealm : await realmFor(real, given);
  const input = inputOf(real, given, { tenantId, code, name: 'One', realm });
  const { createTenant } = await app.client.data(CreateTenantDocument, { input }, { as: 'admin' });
  expect(sortedFaults(createTenant)).toEqual(isRefused ? ['REQUIRED input.keycloak.otpManagerUrl'] : []);
  if (isRefused) return undefined;
  const tenant = expected(real, given, { id: createTenant!.tenant!.id, tenantId, code }, realm);
  expect(comparable(createTenant!.tenant!)).toEqual(shown(tenant, real.now()));
  return tenant;
}

/** Sends a create for a name that is taken. */
export async function onboardAgain(real: Real, given: ModelCreate, { tenantId }: ModelTenant): Promise<void> {
  const names = { tenantId, code: `X${real.next()}`, name: 'One', realm: noRealm };
  const input = inputOf(real, { ...given, hasOtpManager: true }, names);
  const { createTenant } = await real.app.client.data(CreateTenantDocument, { input }, { as: 'admin' });
  expect(sortedFaults(createTenant)).toEqual(['TAKEN input.tenantId']);
}

async function realmFor({ app }: Real, { origin }: ModelCreate): Promise<Realm> {
  if (origin === 'PROVISIONED') return { provision: {} };
  const { realm, clientId, clientSecret } = await app.standIn.control.addRealm();
  return { adopt: { realm, clientId, clientSecret } };
}

function inputOf(
  { app }: Real,
  { scope, hasOtpManager, tier, origin: _, ...rest }: ModelCreate,
  { realm, ...names }: { tenantId: string; code: string; name: string; realm: Realm },
): CreateTenantInput {
  const keycloak = { realm, scope, ...(hasOtpManager && { otpManagerUrl: app.otpManager.url }) };
  return { ...names, keycloak, ...rest, ...(tier && { subscription: { tier, startsAt } }) };
}

function expected(
  { app, now }: Real,
  given: ModelCreate,
  names: { id: string; tenantId: string; code: string },
  { adopt }: Realm,
): ModelTenant {
  const at = now().toISOString();
  const { tier, region, contacts } = given;
  const serverUrl = app.standIn.url;
  const realm = adopt?.realm ?? names.tenantId;
  const isTrial = tier === 'TRIAL';
  const status = isTrial ? 'TRIAL' : 'ACTIVE';
  const tenant: ModelTenant = {
    ...names,
    domain: `${names.tenantId}.tenants.example.com`,
    keycloak: {
      ...{ origin: given.origin, serverUrl, realm, issuer: `${serverUrl}/realms/${realm}`, clientId: 'cx-core' },
      scope: given.scope,
      otpManagerUrl: given.hasOtpManager ? app.otpManager.url : null,
    },
    clientSecret: adopt?.clientSecret ?? 'made by Keycloak',
    ...{ name: 'One', description: null, status, statusReason: null, version: 1, deletedAt: null },
    ...{ createdAt: at, updatedAt: at, statusChangedAt: at },
    twoFactor: twoFactorOf(given.twoFactor),
    campaigns: campaignsAfter(given.campaigns ?? [], []),
    dialer: given.dialer,
    mediaServer: given.mediaServer && { domainManagerUrl: null, ...given.mediaServer },
    ...{ logo: null, colors: null, typography: null, customCss: null },
    region: region && { ...region },
    contacts: contacts && { business: { ...contacts.business }, technical: { ...contacts.technical } },
    subscription: { tier: tier ?? 'STANDARD', startsAt: tier ? startsAt : at, endsAt: null, isTrial },
    providers: providersAfter(given.providers ?? [], []),
    metadata: given.metadata ?? {},
    tokensUntil: null,
    entries: [],
  };
  const changes = changesBetween(undefined, tenant);
  return { ...tenant, entries: [entry('CREATED', at, 'admin', { toStatus: status, changes })] };
}
