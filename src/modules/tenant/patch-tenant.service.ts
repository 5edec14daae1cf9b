import type { EntityManager } from '@mikro-orm/postgresql';

import type { RequestContext } from '../../context.js';
import { userFault } from '../../errors.js';
import { Faults } from '../../faults.js';
import {
  readPictures,
  storePictures,
  type BrandPictures,
  type SentPictures,
} from '../branding/brand-pictures.service.js';
import type { Provider } from '../provider/provider.entity.js';
import { checkProviders, type CheckedProvider } from '../provider/provider.rules.js';
import { openProviders, replaceProviders } from '../provider/provider.service.js';
import { addressToProbe, type OtpState } from '../two-factor/otp-manager.rules.js';
import { checkOtpManagerAddress, probeOtpManager } from '../two-factor/otp-manager.service.js';
import { changeTenant, type Changed, type ChangeTarget } from './change-tenant.service.js';
import { checkChangeable, loadTenant } from './find-tenant.service.js';
import { holdsNothing, otpManagerPath, planPatch, type TenantChanges } from './patch-tenant.rules.js';
import type { Tenant } from './tenant.entity.js';
import { loadRecord, type TenantRecord } from './tenant-record.service.js';

/** A patch as it is sent: the two lesser pictures stand in the profile's branding. */
export type TenantChangesWithFiles = TenantChanges & {
  logo?: SentPictures['logo'];
  profile?: { branding?: SentPictures['branding'] } | null;
};

const picturePaths = { logo: ['patch', 'logo'], branding: ['patch', 'profile', 'branding'] };
const providersPath = ['patch', 'profile', 'providers'];

/** The tenant changed while the outside was asked, so that something else has to be asked now. */
class ProbeOutdated extends Error {}

const tries = 3;

/**
 * Changes what the patch holds and nothing else. The OTP manager is asked before the transaction, not inside it.
 *
 * @throws UserFault NOT_FOUND, TENANT_DELETED, VERSION_CONFLICT; NOTHING_TO_CHANGE; then all faults of the patch together
 */
export async function patchTenant(
  ctx: RequestContext,
  target: ChangeTarget,
  patch: TenantChangesWithFiles,
): Promise<Changed> {
  for (let attempt = 1; ; attempt++) {
    const em = ctx.app.db.platform.em.fork();
    const current = await loadTenant(ctx, em, target.tenant);
    checkChangeable(current, target.expectedVersion);
    const checked = await checkPatch(ctx, em, patch, current);
    try {
      return await changeTenant(ctx, target, 'PATCHED', (record, tx) => apply(ctx, tx, record, patch, checked));
    } catch (error) {
      if (!(error instanceof ProbeOutdated) || attempt === tries) throw error;
    }
  }
}

interface CheckedPatch {
  /** The address that was found to answer. */
  readonly probed: string | undefined;
  readonly pictures: BrandPictures;
}

async function checkPatch(
  ctx: RequestContext,
  em: EntityManager,
  patch: TenantChangesWithFiles,
  current: Tenant,
): Promise<CheckedPatch> {
  if (holdsNothing(patch)) userFault('NOTHING_TO_CHANGE', ['patch'], 'The patch holds nothing.');
  const faults = new Faults();
  const columns = planPatch(faults, patch, current);
  const { providers } = await loadRecord(em, current);
  await planProviders(ctx, faults, patch, providers);
  const { logo, profile } = patch;
  const pictures = await readPictures(faults, picturePaths, { logo, branding: profile?.branding });
  const probed = addressToProbe(current, otpStateAfter(current, columns));
  const { otpManagerUrl } = columns;
  const address = probed ?? (otpManagerUrl === current.otpManagerUrl ? undefined : otpManagerUrl);
  if (typeof address === 'string' && !faults.has(otpManagerPath)) {
    await checkOtpManagerAddress(ctx.app, faults, otpManagerPath, address);
  }
  faults.throwIfAny();
  if (probed !== undefined) await probeOtpManager(ctx.app, faults, otpManagerPath, probed);
  faults.throwIfAny();
  return { probed, pictures };
}

function otpStateAfter(current: OtpState, columns: Partial<OtpState>): OtpState {
  const { twoFactorEnabled, otpManagerUrl } = current;
  return { twoFactorEnabled, otpManagerUrl, ...columns };
}

/** Does to the locked row what was checked; the rules are asked again, since it may have changed meanwhile. */
async function apply(
  ctx: RequestContext,
  em: EntityManager,
  record: TenantRecord,
  patch: TenantChangesWithFiles,
  { probed, pictures }: CheckedPatch,
): Promise<void> {
  const { tenant } = record;
  const faults = new Faults();
  const columns = planPatch(faults, patch, tenant);
  const providers = await planProviders(ctx, faults, patch, record.providers);
  faults.throwIfAny();
  const toProbe = addressToProbe(tenant, otpStateAfter(tenant, columns));
  if (toProbe !== undefined && toProbe !== probed) throw new ProbeOutdated();
  Object.assign(tenant, columns, await storePictures(em, pictures));
  if (providers) await replaceProviders(ctx.app.keyRing, em, record, providers);
}

async function planProviders(
  ctx: RequestContext,
  faults: Faults,
  { profile }: TenantChangesWithFiles,
  current: readonly Provider[],
): Promise<CheckedProvider[] | undefined> {
  if (profile?.providers === undefined) return undefined;
  const secrets = await openProviders(ctx.app.keyRing, current);
  return checkProviders(faults, providersPath, profile.providers ?? [], secrets);
}
