import { randomUUID } from 'node:crypto';

import { MikroORM } from '@mikro-orm/postgresql';
import { describe, expect, inject, it, onTestFinished } from 'vitest';

import { ormOptions } from '../../src/database/orm.js';
import { prepareDatabase } from '../../src/database/prepare.js';
import { verifyIsolation } from '../../src/database/verify-isolation.js';
import { makeKeyRing } from '../../src/secrets/key-ring.js';
import { asAdministrator, bareDatabase, makeRole, ownedDatabase, refusal } from '../support/bare-database.js';
import {
  createTestDatabase,
  databaseUrl,
  executeSql,
  loginUrl,
  testKeyRing,
  testSecretsKey,
} from '../support/database.js';
import { insertTenant } from '../support/rows.js';

const versions = `select (select string_agg(xmin::text, ',' order by oid) from pg_policy)
  || (select string_agg(xmin::text, ',' order by oid) from pg_class where relnamespace = 'tenantry'::regnamespace)
  || (select string_agg(xmin::text, ',' order by oid) from pg_authid where rolname like current_database() || '%') as v`;

describe('preparing a database', () => {
  it('changes nothing the second time', async () => {
    const { ownerUrl } = await bareDatabase();
    const first = await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    const before = await executeSql(ownerUrl, versions);
    expect(await prepareDatabase({ ownerUrl, keyRing: testKeyRing })).toEqual(first);
    expect(await executeSql(ownerUrl, versions)).toEqual(before);
  });

  it('may be done by two processes at once', async () => {
    const { ownerUrl } = await bareDatabase();
    const [one, two] = await Promise.all([
      prepareDatabase({ ownerUrl, keyRing: testKeyRing }),
      prepareDatabase({ ownerUrl, keyRing: testKeyRing }),
    ]);
    expect(one).toEqual(two);
  });

  it('works for an owner that may create roles and is no superuser, and the logins are members of nothing', async () => {
    const { name, ownerUrl } = await ownedDatabase('createrole');
    const { platformUrl } = await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    expect(new URL(platformUrl).username).toBe(`${name}_platform`);
    await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    expect(
      await executeSql(ownerUrl, `select from pg_auth_members where member::regrole::text like '${name}%'`),
    ).toEqual([]);
  });

  it('brings back what was changed by hand', async () => {
    const database = await createTestDatabase();
    onTestFinished(database.drop);
    await asAdministrator('drop policy tenant_own on tenantry.tenant', database.ownerUrl);
    await asAdministrator('create policy open on tenantry.campaign using (true)', database.ownerUrl);
    await asAdministrator('grant select on tenantry.audit_entry to public', database.ownerUrl);
    await asAdministrator(`grant update (name) on tenantry.tenant to ${database.name}_tenant`, database.ownerUrl);
    await asAdministrator('alter table tenantry.provider disable row level security', database.ownerUrl);
    await asAdministrator(`alter role ${database.name}_tenant password 'other'`, database.ownerUrl);
    await prepareDatabase({ ownerUrl: database.ownerUrl, keyRing: testKeyRing });
    await insertTenant(database.ownerUrl, 't1');
    expect(await executeSql(database.tenantUrl, 'select * from tenantry.tenant')).toEqual([]);
  });

  it('takes over what was restored under the name of another owner', async () => {
    const { name, owner, ownerUrl } = await ownedDatabase('createrole');
    await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    await insertTenant(ownerUrl, 't1');
    const heir = await makeRole('superuser');
    await asAdministrator(`reassign owned by ${owner} to ${heir.name}`, databaseUrl(inject('clusterUrl'), name));
    const heirUrl = loginUrl(ownerUrl, heir.name, heir.password);
    const { platformUrl } = await prepareDatabase({ ownerUrl: heirUrl, keyRing: testKeyRing });
    expect(await executeSql(platformUrl, 'select tenant_id from tenantry.tenant')).toEqual([{ tenant_id: 't1' }]);
  });
});

describe('where the owner may not create roles', () => {
  it('the start stops with SQL that holds verifiers, and goes on once an administrator ran it', async () => {
    const { name, ownerUrl } = await ownedDatabase('nocreaterole');
    const message = await refusal({ ownerUrl });
    const statements = message.split('\n').filter((line) => line.endsWith(';'));
    expect(statements.filter((line) => line.startsWith('create role'))).toHaveLength(2);
    expect(statements.join('\n').match(/password '(?!SCRAM-SHA-256\$)/)).toBeNull();
    for (const statement of statements) await asAdministrator(statement);
    const { platformUrl, tenantUrl } = await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    expect(message).not.toContain(new URL(platformUrl).password);
    expect(message).not.toContain(new URL(tenantUrl).password);
    expect(new URL(tenantUrl).username).toBe(`${name}_tenant`);
  });

  it('and may not revoke from public, the SQL says that too', async () => {
    const { name, ownerUrl } = await ownedDatabase('createrole');
    await asAdministrator(`alter database ${name} owner to tenantry`);
    await asAdministrator(`grant create on database ${name} to ${new URL(ownerUrl).username}`);
    const message = await refusal({ ownerUrl });
    expect(message).toContain(`revoke all on database ${name} from public;`);
    for (const statement of message.split('\n').filter((line) => line.endsWith(';'))) await asAdministrator(statement);
    await asAdministrator(`grant connect on database ${name} to ${new URL(ownerUrl).username}`);
    await expect(prepareDatabase({ ownerUrl, keyRing: testKeyRing })).resolves.toBeTruthy();
  });

  it('a role of somebody else that has the name is left alone', async () => {
    const { name, ownerUrl } = await bareDatabase();
    await asAdministrator(`create role ${name}_tenant login password 'x'`);
    expect(await refusal({ ownerUrl })).toContain(`${name}_tenant`);
  });
});

describe('the secrets key', () => {
  it('is refused when it is another than the data was encrypted under', async () => {
    const { ownerUrl } = await bareDatabase();
    await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    const other = new Uint8Array(32).fill(8);
    expect(await refusal({ ownerUrl, keyRing: makeKeyRing(other) })).toContain('SECRETS_KEY');
    await expect(prepareDatabase({ ownerUrl, keyRing: makeKeyRing(other, testSecretsKey) })).resolves.toBeTruthy();
  });
});

describe('the schema', () => {
  it('is refused with a table that is in no table of access', async () => {
    const { ownerUrl } = await bareDatabase();
    await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    await asAdministrator('create table tenantry.forgotten (id int)', ownerUrl);
    expect(await refusal({ ownerUrl })).toContain('forgotten');
  });

  it('is refused with views and functions that act for their owner', async () => {
    const { ownerUrl } = await bareDatabase();
    await prepareDatabase({ ownerUrl, keyRing: testKeyRing });
    await asAdministrator('create view tenantry.peep as select * from tenantry.tenant', ownerUrl);
    await asAdministrator('create materialized view tenantry.copy as select * from tenantry.tenant', ownerUrl);
    await asAdministrator(
      `create function tenantry.act() returns int language sql security definer as 'select 1'`,
      ownerUrl,
    );
    const orm = new MikroORM(ormOptions(ownerUrl, { connections: 1, statementTimeoutMs: 0, lockTimeoutMs: 0 }));
    const message = await verifyIsolation(orm.em.fork(), []).catch(String);
    await orm.close();
    for (const name of ['peep', 'copy', 'act']) expect(message).toContain(name);
  });
});

describe('a server that is not there', () => {
  it('is a clear refusal, without the password', async () => {
    const message = await refusal({ ownerUrl: `postgres://someone:${randomUUID()}@127.0.0.1:1/nothing` });
    expect(message).toContain('DATABASE_URL');
    const wrong = randomUUID();
    expect(await refusal({ ownerUrl: loginUrl(inject('clusterUrl'), 'tenantry', wrong) })).not.toContain(wrong);
  });
});
