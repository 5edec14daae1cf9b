import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

import { Faults } from '../../src/faults.js';
import { imageLimits } from '../../src/modules/branding/image.rules.js';
import { readLogoImage, readOptionalLogo, readUpload } from '../../src/modules/branding/logo-image.service.js';

const path = ['input', 'logo'];
const read = (bytes: Buffer) => readLogoImage(bytes, 'logo', path);
const png = await sharp({ create: { width: 20, height: 10, channels: 3, background: 'red' } })
  .png()
  .toBuffer();

describe('an uploaded file', () => {
  it('is refused with one byte more than 2 MiB, cut by the reader or not', async () => {
    const most = Buffer.alloc(imageLimits.bytes);
    expect(await readUpload({ bytes: most, isTruncated: false }, path)).toBe(most);
    for (const file of [
      { bytes: Buffer.alloc(imageLimits.bytes + 1), isTruncated: false },
      { bytes: most, isTruncated: true },
    ]) {
      await expect(readUpload(file, path)).rejects.toMatchObject({ errors: [{ code: 'FILE_TOO_LARGE', path }] });
    }
  });
});

describe('an SVG', () => {
  it('that states too many pixels is refused', async () => {
    const bytes = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="16000"/>');
    await expect(read(bytes)).rejects.toMatchObject({ errors: [{ code: 'FILE_TOO_LARGE', path }] });
  });

  it('is stored rebuilt, whatever mark or blank it begins with', async () => {
    const bytes = Buffer.from(
      '\ufeff\n <svg xmlns="http://www.w3.org/2000/svg" onload="x()" viewBox="0 0 24 12"><script/><path/></svg>',
    );
    const image = await read(bytes);
    expect(image).toMatchObject({ contentType: 'image/svg+xml', width: 24, height: 12 });
    expect(image.data.toString()).toBe('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 12"><path/></svg>');
  });
});

describe('an optional picture', () => {
  it('notes its fault beside all others', async () => {
    const faults = new Faults();
    faults.add('INVALID', ['input', 'name'], 'Must not be blank.');
    const file = { bytes: Buffer.from('GIF89a'), isTruncated: false };
    expect(await readOptionalLogo(faults, path, file, 'logo')).toBeUndefined();
    const noted = [
      { code: 'INVALID', path: ['input', 'name'] },
      { code: 'FILE_TYPE_NOT_ALLOWED', path },
    ];
    await expect(async () => faults.throwIfAny()).rejects.toMatchObject({ errors: noted });
  });

  it('tells not sent, removed and sent apart', async () => {
    const faults = new Faults();
    expect(await readOptionalLogo(faults, path, undefined, 'logo')).toBeUndefined();
    expect(await readOptionalLogo(faults, path, null, 'logo')).toBeNull();
    const file = Promise.resolve({ bytes: png, isTruncated: false });
    expect(await readOptionalLogo(faults, path, file, 'logo')).toMatchObject({ contentType: 'image/png' });
    expect(faults.any).toBe(false);
  });
});
