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

describe('one variable that stands at many places', () => {
  const document = `mutation ($id: String!, $x: JSONObject!, $campaigns: [CampaignInput!]!) {
    patchTenant(tenant: { tenantId: $id }, patch: { profile: { metadata: { a: $x, b: $x, c: $x, d: $x } } }) { userErrors { code } }
    setTenantCampaigns(tenant: { tenantId: $id }, campaigns: $campaigns) { userErrors { code path } }
  }`;
  const answered = async (x: object, campaigns: object[] = []): Promise<{ data: unknown; ms: number }> => {
    const { tenantId } = await created(app, provisionInput());
    const started = performance.now();
    const { data } = await app.ask(document, { as: 'operator', variables: { id: tenantId, x, campaigns } });
    return { data, ms: performance.now() - started };
  };

  it('brings no more faults than anybody reads, and soon', async () => {
    const { data, ms } = await answered({ a: Array.from({ length: 30_000 }, () => '\u007f') });
    const { userErrors } = (data as { patchTenant: { userErrors: unknown[] } }).patchTenant;
    expect(userErrors).toHaveLength(500);
    expect(ms).toBeLessThan(1_000);
  });

  it('is looked at no further than an object may be large', async () => {
    const { data, ms } = await answered({ a: Array.from({ length: 100_000 }, () => 0) });
    expect((data as { patchTenant: unknown }).patchTenant).toEqual({ userErrors: [{ code: 'INVALID' }] });
    expect(ms).toBeLessThan(1_000);
  });

  it('does not make a list larger than a request may be, nor full of secrets', async () => {
    const { tenantId } = await created(app, provisionInput());
    const names = Array.from({ length: 100 }, (_, index) => `{ name: "c${index}", settings: $x, secrets: $y }`);
    const query = `mutation ($x: JSONObject, $y: JSONObject) {
      setTenantCampaigns(tenant: { tenantId: "${tenantId}" }, campaigns: [${names.join(' ')}]) { userErrors { code path } } }`;
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`s${index}`, index]));
    for (const variables of [{ x: { a: 'x'.repeat(10_000) } }, { y: many }]) {
      const { data } = await writesNothing(app, () => app.ask(query, { as: 'operator', variables }));
      expect(data).toEqual({ setTenantCampaigns: { userErrors: [{ code: 'INVALID', path: ['campaigns'] }] } });
    }
  });
});
