import { v7 as uuidv7 } from 'uuid';

import type { RequestContext } from '../../context.js';
import { inTransaction } from '../../database/transaction.js';
import { RequestFault, userFault } from '../../errors.js';
import { Faults } from '../../faults.js';
import { inTime, within } from '../../integrations/deadline.js';
import { realmAddress, type RealmAddress } from '../../integrations/keycloak/realm-address.js';
import { readPictures, type SentPictures } from '../branding/brand-pictures.service.js';
import { checkOtpManagerAddress, probeOtpManager } from '../two-factor/otp-manager.service.js';
import { addressToProbe } from '../two-factor/otp-manager.rules.js';
import type { Changed } from './change-tenant.service.js';
import { planTenant, realmPaths, type TenantPlan, type TenantRequest } from './create-tenant.rules.js';
import { keyedInput, underKey, type KeyedInput } from './idempotency.service.js';
import { insertTenant, type SettledPlan } from './insert-tenant.service.js';
import { areKeysTaken, proveRealm, type RealmPart } from '../realm/realm-adoption.service.js';
import { RealmIntent } from '../realm/realm-intent.entity.js';
import { provisionTenant, takeOverNames } from '../realm/realm-provisioning.service.js';
import { codeTaken, namesInUse, realmTaken, tenantIdTaken, withTakenAsFault } from './taken-names.service.js';
import { isCode } from './tenant-names.rules.js';
import { syncRealm } from '../realm/realm-sync.service.js';

export type TenantRequestWithFiles = TenantRequest & SentPictures & { idempotencyKey?: string | null };

const picturePaths = { logo: ['input', 'logo'], branding: ['input', 'branding'] };

/** How long OTP manager and adopted realm are waited for, in milliseconds. */
const probeWithinMs = 4_800;
/** How long an answer waits for Keycloak to enable a new realm, in milliseconds; it goes on without. */
const enableWithinMs = 5_000;

/**
 * Onboards a tenant: checks everything that is given, by itself, against what is there, then outside; only where all of
 * it is clean is anything made or stored.
 *
 * @throws UserFault with all faults of one stage together: rules, names and addresses; then probe and grant
 */
export async function createTenant(ctx: RequestContext, request: TenantRequestWithFiles): Promise<Changed> {
  if (ctx.narrowedTo !== undefined) {
    throw new RequestFault('BAD_USER_INPUT', 'A tenant cannot be created within another: leave X-Tenant-ID out.');
  }
  const { idempotencyKey, ...input } = request;
  if (typeof idempotencyKey !== 'string') return { shownTenant: await onboard(ctx, request) };
  const keyed = keyedInput(ctx, input, idempotencyKey);
  // Without a digest the input is nested without end, which the rules say better.
  if (keyed === undefined) return { shownTenant: await onboard(ctx, request) };
  return { shownTenant: await underKey(ctx, keyed, () => onboard(ctx, request, keyed)) };
}

async function onboard(ctx: RequestContext, request: TenantRequestWithFiles, keyed?: KeyedInput): Promise<string> {
  const faults = new Faults();
  const plan = planTenant(faults, request, ctx.now());
  const pictures = await readPictures(faults, picturePaths, { ...request, branding: request.branding ?? undefined });
  const address = addressOf(ctx, faults, plan);
  const code = await checkAgainstOthers(ctx, faults, plan, address);
  await checkAddresses(ctx, faults, plan, address);
  faults.throwIfAny();

  const settled: SettledPlan = { ...plan, code, pictures, keyed, id: uuidv7() };
  return plan.realm.origin === 'ADOPTED' ? await adopt(ctx, settled, address) : await provision(ctx, settled);
}

/** Where the realm is, or will be; undefined where a part of its address is at fault. */
function addressOf(ctx: RequestContext, faults: Faults, { tenantId, realm }: TenantPlan): RealmAddress | undefined {
  const { adopt, provision } = realmPaths;
  const parts =
    realm.origin === 'ADOPTED'
      ? [
          [...adopt, 'realm'],
          [...adopt, 'serverUrl'],
        ]
      : [realm.realm === tenantId ? ['input', 'tenantId'] : [...provision, 'realm']];
  if (parts.some((path) => faults.has(path))) return undefined;
  const serverUrl = realm.origin === 'ADOPTED' ? (realm.serverUrl ?? undefined) : undefined;
  return realmAddress(ctx.app.config.keycloak, realm.realm, serverUrl);
}

/** Notes names that are taken; returns the code, which is made from the tenantId where none is given. */
async function checkAgainstOthers(
  ctx: RequestContext,
  faults: Faults,
  plan: TenantPlan,
  address: RealmAddress | undefined,
): Promise<string> {
  const code = plan.code ?? plan.tenantId.toUpperCase();
  const em = ctx.app.db.platform.em.fork();
  // Nobody has a name that the rules refuse, and PostgreSQL could not even be asked about some of them.
  const used = await namesInUse(em, {
    tenantId: faults.has(['input', 'tenantId']) ? '' : plan.tenantId,
    code: isCode(code) ? code : '',
    issuer: address?.issuer ?? '',
  });
  if (used.tenantId) faults.add(...tenantIdTaken);
  if (plan.code !== null && used.code) faults.add(...codeTaken);
  if (plan.code === null && (used.code || !isCode(code))) {
    faults.add(
      'REQUIRED',
      ['input', 'code'],
      'The tenantId makes no legal and free code: give one, of 2 to 10 upper-case letters and digits.',
    );
  }
  if (used.issuer || address?.issuer === ctx.app.platformRealm.issuer) faults.add(...realmTaken);
  if (plan.realm.origin === 'PROVISIONED' && ctx.app.realmAdmin === undefined) {
    faults.add(
      'PROVISIONING_NOT_CONFIGURED',
      realmPaths.provision,
      'Tenantry has no account that may make realms (KEYCLOAK_ADMIN_CLIENT_ID); adopt one that exists.',
    );
  }
  return code;
}

async function checkAddresses(
  ctx: RequestContext,
  faults: Faults,
  { columns }: TenantPlan,
  address: RealmAddress | undefined,
): Promise<void> {
  if (columns.otpManagerUrl !== null && !faults.has(realmPaths.otpManagerUrl)) {
    await checkOtpManagerAddress(ctx.app, faults, realmPaths.otpManagerUrl, columns.otpManagerUrl);
  }
  if (address?.purpose === 'keycloak' && (await ctx.app.outbound.check(address.tokenUrl, 'keycloak')) !== undefined) {
    faults.add(
      'ADDRESS_NOT_ALLOWED',
      [...realmPaths.adopt, 'serverUrl'],
      "Keycloak servers other than the operators' own must be on the allow-list (OUTBOUND_ALLOW).",
    );
  }
}

/** The argument for the part of an adopted realm that is at fault. */
function adoptedPart(part: RealmPart): readonly string[] {
  return part === 'server' ? realmPaths.adopt : [...realmPaths.adopt, part === 'client' ? 'clientId' : part];
}

/** Asks the OTP manager, and an adopted realm, at the same time; their faults come together. */
async function probe(
  ctx: RequestContext,
  plan: SettledPlan,
  address: RealmAddress | undefined,
): Promise<readonly string[]> {
  const faults = new Faults();
  const url = addressToProbe(undefined, plan.columns);
  const { realm } = plan;
  const [keys] = await Promise.all([
    realm.origin === 'ADOPTED' && address ? proveRealm(ctx.app, faults, adoptedPart, address, realm) : undefined,
    url === undefined ? undefined : probeOtpManager(ctx.app, faults, realmPaths.otpManagerUrl, url),
  ]);
  if (keys && (await areKeysTaken(ctx.app, ctx.app.db.platform.em.fork(), keys))) {
    // Perhaps a create of the same names was faster: whoever loses that race learns which names they are.
    await checkAgainstOthers(ctx, faults, plan, address);
    if (!faults.has(realmPaths.realm)) faults.add(...realmTaken);
  }
  faults.throwIfAny();
  return keys ?? [];
}

async function adopt(ctx: RequestContext, plan: SettledPlan, address: RealmAddress | undefined): Promise<string> {
  const keys = await within(probeWithinMs, () => probe(ctx, plan, address));
  if (plan.realm.origin !== 'ADOPTED' || address === undefined) throw new Error('no realm to adopt');
  const { serverUrl, issuer } = address;
  const { clientId, clientSecret } = plan.realm;
  await withTakenAsFault(() =>
    inTransaction(ctx.app.db.platform, async (em) => {
      await takeOverNames(ctx, em, plan.tenantId, address);
      if ((await em.count(RealmIntent, { code: plan.code })) > 0) userFault(...codeTaken);
      await insertTenant(ctx, em, plan, { serverUrl, issuer, clientId, clientSecret, keys });
    }),
  );
  return plan.id;
}

async function provision(ctx: RequestContext, plan: SettledPlan): Promise<string> {
  const { realmAdmin } = ctx.app;
  const { realm } = plan;
  if (realmAdmin === undefined || realm.origin !== 'PROVISIONED') throw new Error('no realm to provision');
  await within(probeWithinMs, () => probe(ctx, plan, undefined));
  const id = await provisionTenant(ctx, realmAdmin, { ...plan, realm });
  await inTime(syncRealm(ctx.app, id), enableWithinMs).catch(() => undefined); // noted, and tried again
  ctx.app.jobs.syncRealm(id);
  return id;
}
