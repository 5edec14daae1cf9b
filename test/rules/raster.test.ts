import { randomBytes } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { UserFault } from '../../src/errors.js';
import { imageLimits, type LogoKind } from '../../src/modules/branding/image.rules.js';
import { readLogoImage } from '../../src/modules/branding/logo-image.service.js';

const path = ['input', 'logo'];
const read = (bytes: Buffer, kind: LogoKind = 'logo') => readLogoImage(bytes, kind, path);

/** The code of the fault, which must be at the path; undefined where the picture is taken. */
async function refusal(bytes: Buffer, kind?: LogoKind): Promise<string | undefined> {
  try {
    await read(bytes, kind);
    return undefined;
  } catch (error) {
    if (!(error instanceof UserFault)) throw error;
    expect(error.errors).toHaveLength(1);
    expect(error.errors[0]?.path).toEqual(path);
    return error.errors[0]?.code;
  }
}

const canvas = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 4, background: { r: 25, g: 118, b: 210, alpha: 0.5 } } });
const png = await canvas(20, 10).png().toBuffer();
const jpeg = await canvas(20, 10).jpeg().toBuffer();
const webp = await canvas(20, 10).webp({ lossless: true }).toBuffer();

const largeJpeg = await canvas(200, 200).jpeg().toBuffer();
const gif = await canvas(2, 2).gif().toBuffer();
const tiff = await canvas(2, 2).tiff().toBuffer();
const avif = await canvas(2, 2).avif().toBuffer();

const pixel = async (picture: Buffer, left = 0, top = 0): Promise<number[]> => [
  ...(await sharp(picture).ensureAlpha().extract({ left, top, width: 1, height: 1 }).raw().toBuffer()),
];

/** A PNG chunk with its checksum. */
function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE((crc ^ 0xffffffff) >>> 0);
  return Buffer.concat([length, body, checksum]);
}

/** A PNG with stated sides and whatever compressed pixels. */
function statedPng(width: number, height: number, pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('a raster image is written anew', () => {
  it.each([
    ['image/png', png],
    ['image/jpeg', jpeg],
    ['image/webp', webp],
  ])('%s', async (contentType, bytes) => {
    const image = await read(bytes);
    expect(image).toMatchObject({ contentType, width: 20, height: 10, byteSize: image.data.length });
    expect(image.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await pixel(image.data)).toEqual(await pixel(bytes));
  });

  it('without loss where it had none: few colours, and WebP without loss', async () => {
    const colours = Buffer.from(
      Array.from({ length: 64 * 64 * 4 }, (_, index) => ((index >> 2) % 7) * 36 + (index % 4)),
    );
    const picture = sharp(colours, { raw: { width: 64, height: 64, channels: 4 } });
    const pixels = (bytes: Buffer) => sharp(bytes).ensureAlpha().raw().toBuffer();
    for (const bytes of [
      await picture.clone().png({ palette: true, dither: 0 }).toBuffer(),
      await picture.clone().webp({ lossless: true }).toBuffer(),
    ]) {
      const image = await read(bytes);
      expect((await pixels(image.data)).equals(await pixels(bytes))).toBe(true);
      expect(image.byteSize).toBeLessThan(bytes.length * 1.1);
    }
  });

  it('to the same digest each time, also from its own result', async () => {
    const once = await read(png);
    expect((await read(png)).sha256).toBe(once.sha256);
    expect((await read(once.data)).sha256).toBe(once.sha256);
  });

  it('without metadata: camera, place and colour profile', async () => {
    const exif = { IFD0: { Copyright: 'planted-owner' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } };
    for (const encoded of [canvas(4, 4).jpeg(), canvas(4, 4).png(), canvas(4, 4).webp()]) {
      const bytes = await encoded.withExif(exif).withIccProfile('p3').toBuffer();
      expect(bytes.includes('planted-owner')).toBe(true);
      const { data } = await read(bytes);
      expect(data.includes('planted-owner')).toBe(false);
      const { exif: keptExif, icc, xmp, iptc } = await sharp(data).metadata();
      expect([keptExif, icc, xmp, iptc]).toEqual([undefined, undefined, undefined, undefined]);
    }
  });

  it('upright, where a camera only noted how it was held', async () => {
    const bytes = await canvas(20, 10).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const image = await read(bytes);
    expect(image).toMatchObject({ width: 10, height: 20 });
    expect((await sharp(image.data).metadata()).orientation).toBeUndefined();
  });

  it('with its first frame alone', async () => {
    const frames = await Promise.all(
      ['red', 'blue'].map((background) =>
        sharp({ create: { width: 8, height: 8, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const animated = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    expect((await sharp(animated, { animated: true }).metadata()).pages).toBe(2);
    const image = await read(animated);
    expect(image).toMatchObject({ width: 8, height: 8 });
    expect((await sharp(image.data, { animated: true }).metadata()).pages).toBeUndefined();
    expect(await pixel(image.data)).toEqual([255, 0, 0, 255]);
  });

  it('without what a polyglot carries behind, inside or between its pixels', async () => {
    const payload = '<script>alert(document.domain)</script>';
    const comment = Buffer.concat([Buffer.from([0xff, 0xfe, 0, payload.length + 2]), Buffer.from(payload)]);
    const polyglots = [
      Buffer.concat([png, Buffer.from(payload)]),
      Buffer.concat([png.subarray(0, 33), chunk('tEXt', Buffer.from(`Comment\0${payload}`)), png.subarray(33)]),
      Buffer.concat([jpeg, Buffer.from(`PK\x03\x04${payload}`)]),
      Buffer.concat([jpeg.subarray(0, 2), comment, jpeg.subarray(2)]),
      Buffer.concat([webp, Buffer.from(payload)]),
    ];
    for (const bytes of polyglots) {
      const { data } = await read(bytes);
      expect(data.includes('script')).toBe(false);
    }
  });

  it('smaller where it would be larger than it may be', async () => {
    const noise = sharp(randomBytes(900 * 900 * 3), { raw: { width: 900, height: 900, channels: 3 } });
    const bytes = await noise.webp({ quality: 20 }).toBuffer();
    expect(bytes.length).toBeLessThan(imageLimits.bytes);
    expect((await read(bytes)).byteSize).toBeLessThanOrEqual(imageLimits.bytes);
  });
});

describe('a file is refused as too large', () => {
  it('with more than 4096 pixels on either side', async () => {
    expect(await refusal(await canvas(4096, 4).png().toBuffer())).toBeUndefined();
    expect(await refusal(await canvas(4, 4096).webp().toBuffer())).toBeUndefined();
    expect(await refusal(await canvas(4097, 4).png().toBuffer())).toBe('FILE_TOO_LARGE');
    expect(await refusal(await canvas(4, 4097).jpeg().toBuffer())).toBe('FILE_TOO_LARGE');
    expect(await refusal(await canvas(4097, 4).webp().toBuffer())).toBe('FILE_TOO_LARGE');
  });

  it('before anything is decoded: 16000 × 1000 pixels, 5000 × 5000, and a few bytes that state 60,000 a side', async () => {
    const bomb = await sharp({ create: { width: 16_000, height: 1_000, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    expect(bomb.length).toBeLessThan(imageLimits.bytes);
    expect(await refusal(bomb)).toBe('FILE_TOO_LARGE');
    expect(await refusal(await canvas(5_000, 5_000).png().toBuffer())).toBe('FILE_TOO_LARGE');
    expect(await refusal(statedPng(60_000, 60_000, deflateSync(Buffer.alloc(1_000_000))))).toBe('FILE_TOO_LARGE');
  });
});

describe('a file is refused for its type', () => {
  it.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['GIF', gif],
    ['TIFF', tiff],
    ['AVIF', avif],
    ['PDF', Buffer.from('%PDF-1.7')],
    ['HTML', Buffer.from('<!doctype html><html><script>alert(1)</script></html>')],
    ['JavaScript', Buffer.from('alert(1)')],
    ['the magic of PNG alone', png.subarray(0, 8)],
    ['the magic of PNG before another image', Buffer.concat([png.subarray(0, 8), jpeg])],
    ['the magic of JPEG before HTML', Buffer.concat([jpeg.subarray(0, 4), Buffer.from('<script>')])],
    ['PNG without its end', png.subarray(0, -30)],
    ['PNG with fewer pixels than stated', statedPng(64, 64, deflateSync(Buffer.alloc(9)))],
    ['PNG with a changed byte', Buffer.from(png).fill(0, png.indexOf('IDAT') + 8, png.indexOf('IDAT') + 12)],
    ['JPEG without its end', largeJpeg.subarray(0, -200)],
    ['WebP without its end', webp.subarray(0, -8)],
    ['SVG that is cut', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><path')],
    [
      'SVG in another encoding',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><title>Söhne</title></svg>', 'latin1'),
    ],
    ['gzip', Buffer.from('1f8b0800000000000003', 'hex')],
  ])('%s', async (_, bytes) => {
    expect(await refusal(bytes)).toBe('FILE_TYPE_NOT_ALLOWED');
    expect(await refusal(bytes, 'favicon')).toBe('FILE_TYPE_NOT_ALLOWED');
  });
});
