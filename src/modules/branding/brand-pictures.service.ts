import type { EntityManager } from '@mikro-orm/postgresql';

import type { Faults } from '../../faults.js';
import type { ReceivedFile } from './image.rules.js';
import { readOptionalLogo, storeLogo, type StoredImage } from './logo-image.service.js';

type SentFile = ReceivedFile | Promise<ReceivedFile> | null | undefined;

/** The three pictures of a tenant as they are sent: absent is unchanged, null is none. */
export interface SentPictures {
  readonly logo?: SentFile;
  readonly branding?: { readonly logoDark?: SentFile; readonly favicon?: SentFile } | null;
}

/** The pictures rebuilt: undefined is unchanged, null is none. */
export type BrandPictures = Record<'logo' | 'logoDark' | 'favicon', StoredImage | null | undefined>;

/**
 * Reads and rebuilds the pictures that were sent, noting what is wrong with each. Branding that is null clears the two
 * pictures in it; the logo stands beside it.
 */
export async function readPictures(
  faults: Faults,
  paths: { readonly logo: readonly string[]; readonly branding: readonly string[] },
  { logo, branding }: SentPictures,
): Promise<BrandPictures> {
  const inBranding = (field: 'logoDark' | 'favicon'): SentFile => (branding === null ? null : branding?.[field]);
  return {
    logo: await readOptionalLogo(faults, paths.logo, logo, 'logo'),
    logoDark: await readOptionalLogo(faults, [...paths.branding, 'logoDark'], inBranding('logoDark'), 'logoDark'),
    favicon: await readOptionalLogo(faults, [...paths.branding, 'favicon'], inBranding('favicon'), 'favicon'),
  };
}

/** Stores the pictures, and returns the columns of the tenant that refer to them. */
export async function storePictures(
  em: EntityManager,
  pictures: BrandPictures,
): Promise<Partial<Record<keyof BrandPictures, string | null>>> {
  const columns: Partial<Record<keyof BrandPictures, string | null>> = {};
  for (const name of ['logo', 'logoDark', 'favicon'] as const) {
    const picture = pictures[name];
    if (picture === undefined) continue;
    if (picture) await storeLogo(em, picture);
    columns[name] = picture?.sha256 ?? null;
  }
  return columns;
}
