import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { UserFault } from '../../src/errors.js';
import type { LogoKind } from '../../src/modules/branding/image.rules.js';
import { readLogoImage } from '../../src/modules/branding/logo-image.service.js';

/** The code of the fault; undefined where the picture is taken. */
async function refusal(bytes: Buffer, kind: LogoKind): Promise<string | undefined> {
  try {
    await readLogoImage(bytes, kind, ['input', 'branding', kind]);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserFault)) throw error;
    return error.errors[0]?.code;
  }
}

const read = (bytes: Buffer) => readLogoImage(bytes, 'favicon', []);

const square = (side: number): Promise<Buffer> =>
  sharp({ create: { width: side, height: side, channels: 4, background: '#1976D2' } })
    .png()
    .toBuffer();

const pixel = async (picture: Buffer, left: number, top: number): Promise<number[]> => [
  ...(await sharp(picture).ensureAlpha().extract({ left, top, width: 1, height: 1 }).raw().toBuffer()),
];

/** An icon file of these pictures, each with its stated side and colour depth. */
function ico(...frames: { side: number; bits: number; data: Buffer }[]): Buffer {
  const directory = Buffer.alloc(6 + frames.length * 16);
  directory.set([0, 0, 1, 0, frames.length, 0]);
  let offset = directory.length;
  frames.forEach(({ side, bits, data }, index) => {
    const at = 6 + index * 16;
    directory.set([side % 256, side % 256, 0, 0, 1, 0, bits, 0], at);
    directory.writeUInt32LE(data.length, at + 8);
    directory.writeUInt32LE(offset, at + 12);
    offset += data.length;
  });
  return Buffer.concat([directory, ...frames.map(({ data }) => data)]);
}

/** A bitmap as icons hold it; rows from the bottom up, then the mask. */
function bitmap(width: number, height: number, bits: number, rest: number[], compression = 0): Buffer {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(40, 0);
  header.writeInt32LE(width, 4);
  header.writeInt32LE(height * 2, 8);
  header.writeUInt16LE(1, 12);
  header.writeUInt16LE(bits, 14);
  header.writeUInt32LE(compression, 16);
  return Buffer.concat([header, Buffer.from(rest)]);
}

const [blue, green, red, clear] = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [0, 0, 0, 0],
] as const;
const noMask = [0, 0, 0, 0, 0, 0, 0, 0];

/** Blue, green, red, then black. */
function palette(entries: number): number[] {
  return [...blue, 0, ...green, 0, ...red, 0, ...Array.from({ length: (entries - 3) * 4 }, () => 0)];
}

describe('an icon', () => {
  const large = async () => ({ side: 256, bits: 32, data: await square(256) });

  it('becomes a PNG of its largest picture, for the favicon alone', async () => {
    const small = { side: 16, bits: 32, data: await square(16) };
    const bytes = ico(small, await large(), small);
    expect(await read(bytes)).toMatchObject({ contentType: 'image/png', width: 256, height: 256 });
    expect(await refusal(bytes, 'logo')).toBe('FILE_TYPE_NOT_ALLOWED');
    expect(await refusal(bytes, 'logoDark')).toBe('FILE_TYPE_NOT_ALLOWED');
  });

  it.each([
    ['32 bits with alpha', 32, [...red, 255, ...green, 255, ...blue, 255, ...blue, 0, ...noMask]],
    ['32 bits with a mask', 32, [...red, 0, ...green, 0, ...blue, 0, ...blue, 0, 0, 0, 0, 0, 0x40, 0, 0, 0]],
    ['24 bits', 24, [...red, ...green, 0, 0, ...blue, ...blue, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0]],
    ['8 bits', 8, [...palette(256), 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0]],
    ['4 bits', 4, [...palette(16), 0x21, 0, 0, 0, 0x00, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0]],
  ])('may hold a bitmap of %s', async (_, bits, rest) => {
    const data = bitmap(2, 2, bits, rest);
    const image = await read(ico({ side: 2, bits, data }));
    expect(image).toMatchObject({ contentType: 'image/png', width: 2, height: 2 });
    expect(await pixel(image.data, 0, 1)).toEqual([255, 0, 0, 255]);
    expect(await pixel(image.data, 1, 1)).toEqual([0, 255, 0, 255]);
    expect(await pixel(image.data, 0, 0)).toEqual([0, 0, 255, 255]);
    expect((await pixel(image.data, 1, 0))[3]).toBe(0);
  });

  it('may hold a bitmap of 1 bit', async () => {
    const data = bitmap(2, 1, 1, [...blue, 0, ...red, 0, 0x40, 0, 0, 0, ...clear]);
    const image = await read(ico({ side: 2, bits: 1, data }));
    expect(await pixel(image.data, 0, 0)).toEqual([0, 0, 255, 255]);
    expect(await pixel(image.data, 1, 0)).toEqual([255, 0, 0, 255]);
  });

  it('is refused where it is broken', async () => {
    const whole = ico(await large());
    const pixels = [...red, 255, ...noMask];
    for (const bytes of [
      whole.subarray(0, 5),
      whole.subarray(0, 6),
      whole.subarray(0, 20),
      whole.subarray(0, 200),
      ico({ side: 1, bits: 32, data: Buffer.alloc(0) }),
      ico({ side: 1, bits: 32, data: bitmap(1, 1, 32, pixels, 3) }),
      ico({ side: 1, bits: 16, data: bitmap(1, 1, 16, pixels) }),
      ico({ side: 1, bits: 32, data: bitmap(-1, 1, 32, pixels) }),
      ico({ side: 1, bits: 32, data: bitmap(1, -1, 32, pixels) }),
      ico({ side: 1, bits: 32, data: bitmap(64, 64, 32, pixels) }),
    ]) {
      expect(await refusal(bytes, 'favicon')).toBe('FILE_TYPE_NOT_ALLOWED');
    }
    expect(await refusal(ico({ side: 1, bits: 32, data: bitmap(5_000, 1, 32, pixels) }), 'favicon')).toBe(
      'FILE_TOO_LARGE',
    );
  });
});
