import { describe, expect, it } from 'vitest';

import { prepareDatabase, type PrepareOptions } from '../../src/database/prepare.js';
import { asAdministrator, bareDatabase, makeRole, refusal } from '../support/bare-database.js';
import { executeSql, loginUrl, testKeyRing } from '../support/database.js';

describe('logins of the operator', () => {
  async function given(attributes: string): Promise<{ options: PrepareOptions; name: string }> {
    const { ownerUrl } = await bareDatabase();
    const login = await makeRole(attributes);
    return {
      name: login.name,
      options: { ownerUrl, tenantUrl: loginUrl(ownerUrl, login.name, login.password), keyRing: testKeyRing },
    };
  }

  it('are taken as they are', async () => {
    const { options } = await given('');
    expect((await prepareDatabase(options)).tenantUrl).toBe(options.tenantUrl);
  });

  it.each([
    ['superuser', 'is a superuser'],
    ['bypassrls', 'bypasses row-level security'],
    ['createrole', 'may create roles'],
    ['replication', 'may replicate'],
    ['in role pg_monitor', 'is a member of pg_monitor'],
    ['noinherit in role pg_read_all_data', 'is a member of pg_read_all_data'],
  ])('are refused with: %s', async (attributes, problem) => {
    const { options } = await given(attributes);
    expect(await refusal(options)).toContain(problem);
  });

  it('are refused where they own something or may create', async () => {
    const { options, name } = await given('');
    await asAdministrator(`create schema theirs authorization ${name}`, options.ownerUrl);
    await asAdministrator(
      `grant create, temporary on database ${new URL(options.ownerUrl).pathname.slice(1)} to ${name}`,
    );
    const message = await refusal(options);
    expect(message).toContain('owns schema theirs');
    expect(message).toContain('may create schemas');
    expect(message).toContain('may create temporary tables');
  });

  it('are refused where they do not exist, are not two, or lead elsewhere', async () => {
    const { options } = await given('');
    expect(await refusal({ ...options, tenantUrl: loginUrl(options.ownerUrl, 'nobody_here', 'x') })).toContain(
      'nobody_here',
    );
    expect(await refusal({ ...options, platformUrl: options.tenantUrl })).toContain('three different logins');
    expect(await refusal({ ...options, tenantUrl: options.ownerUrl })).toContain('three different logins');
    const elsewhere = await bareDatabase();
    const tenantUrl = new URL(options.tenantUrl ?? '');
    tenantUrl.pathname = new URL(elsewhere.ownerUrl).pathname;
    expect(await refusal({ ...options, tenantUrl: tenantUrl.href })).toContain('another database');
  });

  it('are all named at once', async () => {
    const { ownerUrl } = await bareDatabase();
    const platform = await makeRole('createrole');
    const tenant = await makeRole('bypassrls');
    const message = await refusal({
      ownerUrl,
      platformUrl: loginUrl(ownerUrl, platform.name, platform.password),
      tenantUrl: loginUrl(ownerUrl, tenant.name, 'wrong'),
    });
    expect(message).toContain('may create roles');
    expect(message).toContain('bypasses');
    expect(message).toContain('cannot connect');
  });
});

describe("the job library's schema", () => {
  it("is the platform login's to work in, with tables that come later, and closed to the tenant login", async () => {
    const { ownerUrl } = await bareDatabase();
    const { platformUrl, tenantUrl } = await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    await asAdministrator('create table pgboss.later (id serial, data json)', ownerUrl);
    await executeSql(platformUrl, `insert into pgboss.later (data) values ('{}')`);
    for (const table of ['version', 'job', 'later']) {
      await expect(executeSql(platformUrl, `select * from pgboss.${table}`)).resolves.toBeInstanceOf(Array);
      await expect(executeSql(tenantUrl, `select * from pgboss.${table}`)).rejects.toMatchObject({ code: '42501' });
    }
    await expect(executeSql(platformUrl, 'create table pgboss.mine (id int)')).rejects.toMatchObject({ code: '42501' });
    await asAdministrator('grant usage on schema pgboss to public', ownerUrl);
    await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    await expect(executeSql(tenantUrl, 'select * from pgboss.job')).rejects.toMatchObject({ code: '42501' });
  });
});
