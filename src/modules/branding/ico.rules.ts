import { checkSides, detectImageType, ImageRefusal } from './image.rules.js';

/** One picture of an icon file: a PNG as it stands there, or plain pixels (red, green, blue, alpha; top row first). */
export type IcoFrame =
  { readonly png: Buffer } | { readonly rgba: Buffer; readonly width: number; readonly height: number };

/**
 * Takes the largest picture out of an icon file (the one with the most colours among those of one size).
 * @throws ImageRefusal where the directory or that picture is broken, or stored in a way that icons hardly ever use
 */
export function largestIcoFrame(ico: Buffer): IcoFrame {
  const count = ico.length < 6 ? 0 : ico.readUInt16LE(4);
  const entries = Array.from({ length: count }, (_, index) => ico.subarray(6 + index * 16, 22 + index * 16));
  const largest = entries
    .filter((entry) => entry.length === 16)
    .map((entry) => ({
      area: (entry.readUInt8(0) || 256) * (entry.readUInt8(1) || 256),
      bits: entry.readUInt16LE(6),
      data: ico.subarray(entry.readUInt32LE(12), entry.readUInt32LE(12) + entry.readUInt32LE(8)),
    }))
    .reduce<{ area: number; bits: number; data: Buffer } | undefined>(
      (best, one) =>
        best === undefined || one.area > best.area || (one.area === best.area && one.bits > best.bits) ? one : best,
      undefined,
    );
  if (largest === undefined) refuse();
  return detectImageType(largest.data) === 'png' ? { png: largest.data } : decodeBitmap(largest.data);
}

function refuse(): never {
  throw new ImageRefusal(
    'FILE_TYPE_NOT_ALLOWED',
    'Must be an intact icon whose largest picture is a PNG or an uncompressed bitmap.',
  );
}

interface Bitmap {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly palette: Buffer;
  /** Rows from the bottom up, each filled up to four bytes. */
  readonly colours: Buffer;
  /** One bit a pixel, set where it is transparent; laid out like the colours. Empty where the icon has none. */
  readonly mask: Buffer;
}

/** A Windows bitmap as icons hold it: BITMAPINFOHEADER, palette, colours, and a mask, which doubles the stated height. */
function decodeBitmap(data: Buffer): IcoFrame {
  const bitmap = readBitmap(data);
  const { width, height, bits, colours } = bitmap;
  const rgba = Buffer.alloc(width * height * 4);
  // Old 32-bit icons leave the fourth byte empty and rely on the mask.
  const hasAlpha = bits === 32 && colours.some((value, index) => index % 4 === 3 && value > 0);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) writePixel(rgba, bitmap, x, y, hasAlpha);
  }
  return { rgba, width, height };
}

const maxBitmapSide = 256;
const rowBytes = (width: number, bits: number): number => Math.ceil((width * bits) / 32) * 4;

function readBitmap(data: Buffer): Bitmap {
  if (data.length < 40 || data.readUInt32LE(0) !== 40) refuse();
  const width = data.readInt32LE(4);
  const height = data.readInt32LE(8) / 2;
  const bits = data.readUInt16LE(14);
  const isPlain = [1, 4, 8, 24, 32].includes(bits) && data.readUInt32LE(16) === 0;
  if (!isPlain || width < 1 || height < 1 || !Number.isInteger(height)) refuse();
  // An icon's pictures are no larger, but for PNGs; decoding them here takes its time.
  checkSides(width, height);
  if (Math.max(width, height) > maxBitmapSide) refuse();

  const paletteEntries = bits > 8 ? 0 : data.readUInt32LE(32) || 2 ** bits;
  const coloursAt = 40 + paletteEntries * 4;
  const maskAt = coloursAt + rowBytes(width, bits) * height;
  if (maskAt > data.length) refuse();
  const [palette, colours, mask] = [
    data.subarray(40, coloursAt),
    data.subarray(coloursAt, maskAt),
    data.subarray(maskAt),
  ];
  return { width, height, bits, palette, colours, mask };
}

function writePixel(rgba: Buffer, bitmap: Bitmap, x: number, y: number, hasAlpha: boolean): void {
  const { width, height, bits, palette, colours, mask } = bitmap;
  const row = height - 1 - y;
  const at = row * rowBytes(width, bits) + ((x * bits) >> 3);
  const index = bitsAt(colours, at, x, Math.min(bits, 8));
  const [source, from] = bits > 8 ? [colours, at] : [palette, index * 4];
  const isMasked = bitsAt(mask, row * rowBytes(width, 1) + (x >> 3), x, 1) === 1;
  const to = (y * width + x) * 4;
  rgba[to] = source[from + 2] ?? 0;
  rgba[to + 1] = source[from + 1] ?? 0;
  rgba[to + 2] = source[from] ?? 0;
  rgba[to + 3] = hasAlpha ? (source[from + 3] ?? 0) : isMasked ? 0 : 255;
}

/** The `x`th group of so many bits in its row, which lies in the byte at `at`; the first is the highest. */
function bitsAt(row: Buffer, at: number, x: number, bits: number): number {
  return ((row[at] ?? 0) >> (8 - bits - ((x * bits) & 7))) & (2 ** bits - 1);
}
