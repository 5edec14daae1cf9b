import pLimit from 'p-limit';
import sharp, { type JpegOptions, type PngOptions, type Sharp, type WebpOptions } from 'sharp';

import { largestIcoFrame } from './ico.rules.js';
import { checkSides, ImageRefusal, imageLimits, type RasterType } from './image.rules.js';

export interface RasterImage {
  readonly contentType: `image/${RasterType}`;
  readonly data: Buffer;
  /** In pixels, the right way up. */
  readonly width: number;
  readonly height: number;
}

// Whatever else the library could open (SVG, PDF, TIFF, …) stays shut, also where a file pretends.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadPng', 'VipsForeignLoadJpeg', 'VipsForeignLoadWebp'] });

/** A decoded picture takes up to 64 MiB: two at a time, however many are sent. */
const inTurn = pLimit(2);

/** A picture to write: decoded anew by each call of `open`. */
interface Source {
  readonly type: RasterType;
  readonly open: () => Sharp;
  /** Bits of each pixel, where a PNG's pixels are numbers of colours. */
  readonly paletteBits?: number;
  /** Whether a WebP was written without loss. */
  readonly isLossless?: boolean;
}

/** How a picture is written: as good as it was, then smaller, for what would be larger than it may be. */
function encodings({ type, paletteBits, isLossless }: Source): (PngOptions & JpegOptions & WebpOptions)[] {
  switch (type) {
    case 'png':
      return [
        paletteBits === undefined ? {} : { palette: true, colours: 2 ** paletteBits, dither: 0 },
        { palette: true, effort: 1 },
      ];
    case 'jpeg':
      return [{ quality: 90 }, { quality: 75 }];
    case 'webp':
      return [isLossless ? { lossless: true } : { quality: 90 }, { quality: 75, effort: 2 }];
  }
}

/**
 * Decodes a picture and writes it anew: upright, its first frame alone, in sRGB, without metadata and without anything
 * that stood behind or between its pixels.
 * @throws ImageRefusal for broken or cut bodies, sides over the limit, and results over the limit in bytes
 */
export async function reencode(bytes: Buffer, type: RasterType): Promise<RasterImage> {
  return inTurn(async () => {
    // The header alone: nothing is decoded before the sides are known.
    const header = await intact(sharp(bytes, { limitInputPixels: false }).metadata());
    if (header.format !== type) refuseBroken();
    checkSides(header.width, header.height);
    return encode({
      type,
      open: () => sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: imageLimits.sidePixels ** 2 }),
      paletteBits: header.isPalette ? header.bitsPerSample : undefined,
      isLossless: bytes.includes('VP8L', 0, 'latin1'),
    });
  });
}

/**
 * Makes a PNG of an icon's largest picture.
 * @throws ImageRefusal as `reencode` does
 */
export async function reencodeIco(bytes: Buffer): Promise<RasterImage> {
  const frame = largestIcoFrame(bytes);
  if ('png' in frame) return reencode(frame.png, 'png');
  const { rgba, width, height } = frame;
  return inTurn(() => encode({ type: 'png', open: () => sharp(rgba, { raw: { width, height, channels: 4 } }) }));
}

async function encode(source: Source): Promise<RasterImage> {
  for (const options of encodings(source)) {
    const writing = source.open().toFormat(source.type, options).toBuffer({ resolveWithObject: true });
    const { data, info } = await intact(writing);
    if (data.length <= imageLimits.bytes) {
      return { contentType: `image/${source.type}`, data, width: info.width, height: info.height };
    }
  }
  throw new ImageRefusal('FILE_TOO_LARGE', `Must not be larger than ${imageLimits.bytes} bytes, written anew.`);
}

async function intact<T>(work: Promise<T>): Promise<T> {
  return work.catch(refuseBroken);
}

function refuseBroken(): never {
  throw new ImageRefusal('FILE_TYPE_NOT_ALLOWED', 'Must be an intact image.');
}
