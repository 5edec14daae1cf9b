import { createHash } from 'node:crypto';
import type { EntityManager } from '@mikro-orm/postgresql';

import { userFault, UserFault } from '../../errors.js';
import type { Faults } from '../../faults.js';
import { detectImageType, ImageRefusal, imageLimits, type LogoKind, type ReceivedFile } from './image.rules.js';
import { Logo } from './logo.entity.js';
import { reencode, reencodeIco } from './raster.service.js';
import { rebuildSvg } from './svg.rules.js';

/** A picture as it is stored and served: never the bytes that were sent. */
export interface StoredImage {
  /** Hex digest of `data`. */
  readonly sha256: string;
  readonly contentType: string;
  readonly byteSize: number;
  /** In pixels; null for an SVG that does not say. */
  readonly width: number | null;
  readonly height: number | null;
  readonly data: Buffer;
}

/**
 * The bytes of an uploaded file, whole.
 * @throws UserFault FILE_TOO_LARGE at `path`
 */
export async function readUpload(file: ReceivedFile | Promise<ReceivedFile>, path: readonly string[]): Promise<Buffer> {
  const { bytes, isTruncated } = await file;
  if (isTruncated || bytes.length > imageLimits.bytes) {
    userFault('FILE_TOO_LARGE', path, `Must be at most ${imageLimits.bytes} bytes.`);
  }
  return bytes;
}

/**
 * Makes of an untrusted file what may be stored: an SVG rebuilt from the allow-list, a raster image written anew.
 * Icons are taken for the favicon alone and become PNG.
 * @throws UserFault FILE_TOO_LARGE or FILE_TYPE_NOT_ALLOWED at `path`
 */
export async function readLogoImage(bytes: Buffer, kind: LogoKind, path: readonly string[]): Promise<StoredImage> {
  try {
    const { contentType, data, width, height } = await rewritten(bytes, kind);
    const sha256 = createHash('sha256').update(data).digest('hex');
    return { sha256, contentType, byteSize: data.length, width, height, data };
  } catch (error) {
    if (error instanceof ImageRefusal) userFault(error.code, path, error.message);
    throw error;
  }
}

/**
 * One picture of an input, with its faults noted beside all others: undefined where it was not sent (or is at fault),
 * null where it is to be removed.
 */
export async function readOptionalLogo(
  faults: Faults,
  path: readonly string[],
  file: ReceivedFile | Promise<ReceivedFile> | null | undefined,
  kind: LogoKind,
): Promise<StoredImage | null | undefined> {
  if (file === null || file === undefined) return file;
  try {
    return await readLogoImage(await readUpload(file, path), kind, path);
  } catch (error) {
    if (!(error instanceof UserFault)) throw error;
    for (const { code, message } of error.errors) faults.add(code, path, message);
    return undefined;
  }
}

type Rewritten = Pick<StoredImage, 'contentType' | 'width' | 'height' | 'data'>;

async function rewritten(bytes: Buffer, kind: LogoKind): Promise<Rewritten> {
  const type = detectImageType(bytes);
  if (type === 'svg') return rewrittenSvg(bytes);
  if (type === 'ico' && kind === 'favicon') return reencodeIco(bytes);
  if (type === undefined || type === 'ico') {
    const types = kind === 'favicon' ? 'PNG, JPEG, WebP, SVG or ICO' : 'PNG, JPEG, WebP or SVG';
    throw new ImageRefusal('FILE_TYPE_NOT_ALLOWED', `Must be ${types}; the type is read from the bytes.`);
  }
  return reencode(bytes, type);
}

function rewrittenSvg(bytes: Buffer): Rewritten {
  const { svg, width, height } = rebuildSvg(decodeUtf8(bytes));
  const data = Buffer.from(svg);
  if (data.length > imageLimits.bytes) {
    throw new ImageRefusal('FILE_TOO_LARGE', `Must not be larger than ${imageLimits.bytes} bytes, written anew.`);
  }
  return { contentType: 'image/svg+xml', data, width, height };
}

function decodeUtf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ImageRefusal('FILE_TYPE_NOT_ALLOWED', 'An SVG must be encoded in UTF-8.');
  }
}

/** Keeps a picture, once however often it is used. The digest names the bytes, so there is nothing to update. */
export async function storeLogo(em: EntityManager, image: StoredImage): Promise<void> {
  await em
    .createQueryBuilder(Logo)
    .insert({ ...image })
    .onConflict('sha256')
    .ignore()
    .execute();
}

/** A stored picture by the hex digest of its bytes; undefined where there is none. */
export async function findLogo(
  em: EntityManager,
  sha256: string,
): Promise<{ contentType: string; data: Buffer } | undefined> {
  if (!/^[0-9a-f]{64}$/.test(sha256)) return undefined;
  const query = em.createQueryBuilder(Logo).select(['contentType', 'data']).where({ sha256 });
  const [row] = await query.execute<{ contentType: string; data: Buffer }[]>('all');
  return row;
}
