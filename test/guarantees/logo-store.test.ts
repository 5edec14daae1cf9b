import { createHash } from 'node:crypto';

import { afterAll, expect, it } from 'vitest';

import { connectDatabases } from '../../src/database/databases.js';
import { findLogo, readLogoImage, storeLogo } from '../../src/modules/branding/logo-image.service.js';
import { createTestDatabase, executeSql } from '../support/database.js';

const database = await createTestDatabase();
const databases = connectDatabases(database);
afterAll(async () => {
  await databases.close();
  await database.drop();
});

const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="12"><path d="M0 0h24v12z"/></svg>';
const image = await readLogoImage(Buffer.from(svg), 'logo', []);

it('keeps a picture once, however often and from however many sides it comes', async () => {
  const store = () => databases.platform.em.fork().transactional((em) => storeLogo(em, image));
  await Promise.all([store(), store(), store()]);
  await store();
  const rows = await executeSql(database.ownerUrl, 'select sha256, width, height, byte_size from tenantry.logo');
  const sha256 = createHash('sha256').update(svg).digest('hex');
  expect(rows).toEqual([{ sha256, width: 24, height: 12, byte_size: svg.length }]);
});

it('finds its bytes and type by the digest, and nothing by anything else', async () => {
  const find = (sha256: string) => findLogo(databases.platform.em.fork(), sha256);
  const found = await find(image.sha256);
  expect(found).toEqual({ contentType: 'image/svg+xml', data: Buffer.from(svg) });
  for (const other of ['0'.repeat(64), image.sha256.toUpperCase(), `${image.sha256}'`, '', '%']) {
    expect(await find(other)).toBeUndefined();
  }
});

it('shows no picture to a tenant that does not use it', async () => {
  expect(await findLogo(databases.tenant.em.fork(), image.sha256)).toBeUndefined();
});
