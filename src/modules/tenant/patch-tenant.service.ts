import type { EntityManager } from '@mikro-orm/postgresql';

import type { RequestContext } from '../../context.js';
import { Faults } from '../../faults.js';
import type { ReceivedFile } from '../branding/image.rules.js';
import { readOptionalLogo, storeLogo, type StoredImage } from '../branding/logo-image.js';
import { addressToProbe } from '../two-factor/otp-manager.rules.js';
import { checkOtpManagerAddress, probeOtpManager } from '../two-factor/otp-manager.service.js';
import { changeTenant, type Changed, type ChangeTarget } from './change-tenant.js';
import { checkChangeable, loadTenant } from './find-tenant.js';
import { otpManagerPath, planPatch, type TenantChanges } from './patch-tenant.rules.js';
import type { Tenant } from './tenant.entity.js';

export interface TenantChangesWithFiles extends TenantChanges {
  logo?: ReceivedFile | Promise<ReceivedFile> | null;
}

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
    const { probed, logo } = await checkPatch(ctx, patch, current);
    try {
      return await changeTenant(ctx, target, 'PATCHED', ({ tenant }, tx) => apply(tx, tenant, patch, probed, logo));
    } catch (error) {
      if (!(error instanceof ProbeOutdated) || attempt === tries) throw error;
    }
  }
}

interface CheckedPatch {
  /** The address that was found to answer. */
  readonly probed: string | undefined;
  /** undefined: unchanged. */
  readonly logo: StoredImage | null | undefined;
}

async function checkPatch(ctx: RequestContext, patch: TenantChangesWithFiles, current: Tenant): Promise<CheckedPatch> {
  const faults = new Faults();
  if (Object.values(patch).every((part) => part === undefined)) {
    faults.add('NOTHING_TO_CHANGE', ['patch'], 'The patch holds nothing.');
  }
  const columns = planPatch(faults, patch, current);
  const logo = await readOptionalLogo(faults, ['patch', 'logo'], patch.logo, 'logo');
  const url = columns.otpManagerUrl ?? null;
  if (url !== null && url !== current.otpManagerUrl && URL.canParse(url)) {
    await checkOtpManagerAddress(ctx.app, faults, otpManagerPath, url);
  }
  faults.throwIfAny();
  const probed = addressToProbe(current, { ...current, ...columns });
  if (probed !== undefined) await probeOtpManager(ctx.app, faults, otpManagerPath, probed);
  faults.throwIfAny();
  return { probed, logo };
}

async function apply(
  em: EntityManager,
  tenant: Tenant,
  patch: TenantChangesWithFiles,
  probed: string | undefined,
  logo: StoredImage | null | undefined,
): Promise<void> {
  const faults = new Faults();
  const columns = planPatch(faults, patch, tenant);
  faults.throwIfAny();
  const toProbe = addressToProbe(tenant, { ...tenant, ...columns });
  if (toProbe !== undefined && toProbe !== probed) throw new ProbeOutdated();
  Object.assign(tenant, columns);
  if (logo === undefined) return;
  if (logo) await storeLogo(em, logo);
  tenant.logo = logo?.sha256 ?? null;
}
