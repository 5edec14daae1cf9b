import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, realmChanges, realmStateOf, startReplica } from '../support/background.js';
import { asAdministrator } from '../support/bare-database.js';
import { executeSql } from '../support/database.js';
import { DeleteTenantDocument } from '../support/generated/operations.js';
import { insertRow } from '../support/rows.js';
import { created, provisionInput } from '../support/tenants.js';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.stop());

const remove = async (tenantId: string): Promise<void> => {
  await app.client.data(DeleteTenantDocument, { tenant: { tenantId } }, { as: 'admin' });
};
const disabled = async (realm: string, withinMs: number): Promise<string> =>
  await eventually(() => realmStateOf(app, realm), (state) => state === 'DISABLED', withinMs);
const jobsHealth = async (): Promise<unknown> => {
  const { parts } = (await (await fetch(`${app.url}/health/ready`)).json()) as { parts: Record<string, unknown> };
  return parts['jobs'];
};

/** From now on this replica notes and does no jobs, as if it died between a commit and what comes after. */
const dies = async (): Promise<void> => await app.services.jobs.stop(0);

describe('what a crash leaves', () => {
  it('a change that no job was noted for is followed after the next start', async () => {
    const { tenantId } = await created(app, provisionInput());
    await dies();
    await remove(tenantId);
    await app.sql('delete from pgboss.job');
    await sleep(500);
    expect(await realmStateOf(app, tenantId)).toBe('ENABLED');
    await startReplica(app);
    expect(await disabled(tenantId, 3_000)).toBe('DISABLED');
  });

  it('a job that died with its process holds nobody up', async () => {
    const { id, tenantId } = await created(app, provisionInput());
    await dies();
    await remove(tenantId);
    await app.sql('delete from pgboss.job');
    await app.sql(
      `insert into pgboss.job (name, data, state, singleton_key, policy, started_on, retry_limit)
       values ('realm-sync', json_build_object('tenant', ?::text), 'active', ?, 'short', now(), 9)`,
      [id, id],
    );
    await startReplica(app);
    expect(await disabled(tenantId, 3_000)).toBe('DISABLED');
  });

  it('a create that never ended is cleared away after two minutes, with its realm and no other', async () => {
    await dies();
    const [ours, others, fresh] = await Promise.all([1, 2, 3].map(() => app.standIn.control.addRealm()));
    const intent = async (id: string, realm: string, age: string): Promise<void> => {
      const names = { tenant_id: realm, code: randomUUID().slice(0, 8).toUpperCase(), realm };
      const caller = { caller_issuer: 'https://example.com', caller_subject: 'somebody' };
      await insertRow(app.database.ownerUrl, 'realm_intent', { id, ...names, ...caller, created_at: 'now' });
      await app.sql(`update tenantry.realm_intent set created_at = now() - ?::interval where id = ?`, [age, id]);
    };
    await intent(ours!.id, ours!.realm, '121 s');
    await intent(randomUUID(), others!.realm, '121 s');
    await intent(fresh!.id, fresh!.realm, '100 s');
    await startReplica(app);
    const left = await eventually(
      () => app.sql<{ realm: string }>('select realm from tenantry.realm_intent'),
      ({ length }) => length === 1,
      5_000,
    );
    expect(left).toEqual([{ realm: fresh!.realm }]);
    expect(await realmStateOf(app, ours!.realm)).toBe('MISSING');
    expect(await realmStateOf(app, others!.realm)).toBe('ENABLED');
    expect(await realmStateOf(app, fresh!.realm)).toBe('ENABLED');
  });
});

describe('several replicas', () => {
  it('do nothing twice', async () => {
    const tenants = await Promise.all(Array.from({ length: 6 }, () => created(app, provisionInput())));
    await Promise.all([startReplica(app), startReplica(app)]);
    app.standIn.faults.clearRequests();
    await Promise.all(tenants.map(({ tenantId }) => remove(tenantId)));
    for (const { tenantId } of tenants) expect(await disabled(tenantId, 3_000)).toBe('DISABLED');
    await sleep(2_500); // every replica has looked again
    expect(tenants.map(({ tenantId }) => realmChanges(app, tenantId))).toEqual(tenants.map(() => 1));
    expect(await app.sql(`select from pgboss.job where name = 'realm-sync' and state < 'completed'`)).toEqual([]);
  });
});

describe('an outage of PostgreSQL', () => {
  it('shows, harms nothing, and is over by itself', async () => {
    const { tenantId } = await created(app, provisionInput());
    expect(await jobsHealth()).toBe('up');
    const { name } = app.database;
    await asAdministrator(`alter database ${name} connection limit 0`);
    await asAdministrator(`alter role ${name}_platform nologin`);
    await asAdministrator(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);
    expect(await eventually(jobsHealth, (health) => health === 'down')).toBe('down');
    app.services.jobs.syncRealm(randomUUID());
    await sleep(1_000);
    await asAdministrator(`alter role ${name}_platform login`);
    await asAdministrator(`alter database ${name} connection limit -1`);
    expect(await eventually(jobsHealth, (health) => health === 'up')).toBe('up');
    await remove(tenantId);
    expect(await disabled(tenantId, 3_000)).toBe('DISABLED');
    expect(app.log().match(/the queues of jobs cannot be worked with/g)).toHaveLength(1);
  });
});

describe('the rights of the jobs', () => {
  it('the login that they run under owns nothing of the library and may create nothing; tenants see nothing of it', async () => {
    const { platformUrl, tenantUrl } = app.database;
    await expect(executeSql(platformUrl, 'create table pgboss.mine (id int)')).rejects.toMatchObject({ code: '42501' });
    await expect(executeSql(platformUrl, 'drop table pgboss.schedule')).rejects.toMatchObject({ code: '42501' });
    await expect(executeSql(tenantUrl, 'select from pgboss.job')).rejects.toMatchObject({ code: '42501' });
    await expect(executeSql(tenantUrl, 'select pgboss.job_now()')).rejects.toMatchObject({ code: '42501' });
  });

  it('every replica brings the settings of the queues with it, and none is there twice', async () => {
    await app.sql(`update pgboss.queue set retry_delay_max = 7 where name = 'realm-sync'`);
    await startReplica(app);
    expect(
      await app.sql(`select name, policy, retry_delay_max from pgboss.queue where name like 'realm-%' order by name`),
    ).toEqual([
      { name: 'realm-intent-cleanup', policy: 'short', retry_delay_max: null },
      { name: 'realm-sync', policy: 'short', retry_delay_max: 60 },
      { name: 'realm-sync-sweep', policy: 'short', retry_delay_max: null },
    ]);
    expect(await app.sql('select name, cron from pgboss.schedule order by name')).toEqual([
      { name: 'realm-intent-cleanup', cron: '* * * * *' },
      { name: 'realm-sync-sweep', cron: '* * * * *' },
    ]);
  });
});

describe('stopping', () => {
  it('lets a running job end', async () => {
    const { tenantId } = await created(app, provisionInput());
    app.standIn.faults.set({ match: `/admin/realms/${tenantId}`, method: 'PUT', kind: 'slow', ms: 700 });
    await remove(tenantId);
    await eventually(
      async () => realmChanges(app, tenantId),
      (changes) => changes === 1,
    );
    await app.services.jobs.stop(5_000);
    expect(await realmStateOf(app, tenantId)).toBe('DISABLED');
    expect(await app.sql(`select state from pgboss.job where name = 'realm-sync' and state <> 'completed'`)).toEqual([]);
  });
});
