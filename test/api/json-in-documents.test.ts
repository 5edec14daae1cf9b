import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { patched } from '../support/changes.js';
import { codesOf } from '../support/client.js';
import { created, provisionInput } from '../support/tenants.js';
import { writesNothing } from '../support/written.js';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

describe('JSON that is written in the document', () => {
  const patchWith = async (tenantId: string, profile: string): Promise<unknown> =>
    await writesNothing(app, async () => {
      const query = `mutation { patchTenant(tenant: { tenantId: "${tenantId}" }, patch: { profile: ${profile} }) {
        tenant { version } userErrors { code path } } }`;
      return (await app.ask(query, { as: 'operator' })).data?.['patchTenant'];
    });

  it('changes nothing where it is what is there', async () => {
    const { tenantId } = await created(app, provisionInput());
    const json = { a: 0, b: { c: [1, {}] } };
    await patched(app, tenantId, {
      profile: { metadata: json, providers: [{ kind: 'SMS', name: 'Twilio', settings: json, secrets: { key: json } }] },
    });
    const same = '{ b: { c: [1, {}] }, a: -0 }';
    const provider = `{ kind: SMS, name: "Twilio", settings: ${same}, secrets: { key: ${same} } }`;
    expect(await patchWith(tenantId, `{ metadata: ${same}, providers: [${provider}] }`)).toEqual({
      tenant: { version: 2 },
      userErrors: [],
    });
  });

  it('is refused where a number is larger than JSON can tell', async () => {
    const { tenantId } = await created(app, provisionInput());
    expect(await patchWith(tenantId, '{ metadata: { a: [1e400] } }')).toEqual({
      tenant: null,
      userErrors: [{ code: 'INVALID', path: ['patch', 'profile', 'metadata', 'a', '0'] }],
    });
  });
});

describe('a file', () => {
  it('is no JSON object, and none of its members', async () => {
    const { tenantId } = await created(app, provisionInput());
    const query = `mutation ($metadata: JSONObject!) {
      patchTenant(tenant: { tenantId: "${tenantId}" }, patch: { profile: { metadata: $metadata } }) { tenant { version } } }`;
    const files = [{ path: 'variables.metadata', bytes: Buffer.alloc(2_000_000), name: 'a' }];
    for (const [metadata, path] of [
      [null, 'variables.metadata'],
      [{ a: { b: null } }, 'variables.metadata.a.b'],
    ] as const) {
      const sent = [{ ...files[0]!, path }];
      const answer = await writesNothing(app, () =>
        app.client.upload(parse(query), { metadata }, sent, { as: 'operator' }),
      );
      expect(codesOf(answer)).toEqual(['BAD_USER_INPUT metadata']);
    }
  });
});
