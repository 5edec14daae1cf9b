import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { startTestApp, type TestApp } from '../support/app.js';
import { eventually, realmChanges, realmStateOf, startReplica } from '../support/background.js';
import { asAdministrator } from '../support/bare-database.js';
import { faultsOf } from '../support/client.js';
import { executeSql } from '../support/database.js';
import { DeleteTenantDocument } from '../support/generated/operations.js';
import { create, created, provisionInput } from '../support/tenants.js';

let app: TestApp;
beforeEach(async () => {
  app = await startTestApp();
});
afterEach(() => app.stop());

const remove = async (tenantId: string): Promise<void> => {
  await app.client.data(DeleteTenantDocument, { tenant: { tenantId } }, { as: 'admin' });
};
const disabled = async (realm: string, withinMs: number): Promise<string> =>
  await eventually(
    () => realmStateOf(app, realm),
    (state) => state === 'DISABLED',
    withinMs,
  );
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
    const intents = async (): Promise<{ realm: string }[]> =>
      await app.sql('select realm from tenantry.realm_intent order by realm');
    app.standIn.faults.set({ match: '/admin/realms', kind: 'status', status: 503, mode: 'after' });
    const [left, fresh, foreign] = ['left', 'fresh', 'foreign'] as const;
    for (const tenantId of [left, fresh, foreign]) {
      expect(faultsOf(await create(app, provisionInput({ tenantId })))).toEqual([
        'IDENTITY_PROVIDER_UNAVAILABLE input.keycloak.realm.provision',
      ]);
    }
    app.standIn.faults.clear();
    await dies();
    await app.sql(`update tenantry.realm_intent set created_at = now() - interval '121 s' where realm <> ?`, [fresh]);
    await app.sql('update tenantry.realm_intent set id = gen_random_uuid() where realm = ?', [foreign]);
    await startReplica(app);
    expect(await eventually(intents, ({ length }) => length === 2)).toEqual([{ realm: foreign }, { realm: fresh }]);
    // One that is not found to be ours is looked for a second time.
    await app.sql(`update tenantry.realm_intent set missing_since = missing_since - interval '51 s'`);
    await startReplica(app);
    expect(await eventually(intents, ({ length }) => length === 1)).toEqual([{ realm: fresh }]);
    expect(await realmStateOf(app, left)).toBe('MISSING');
    expect(await realmStateOf(app, foreign)).toBe('DISABLED');
    expect(await realmStateOf(app, fresh)).toBe('DISABLED');
  }, 30_000);
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
      { name: 'realm-search', policy: 'short', retry_delay_max: null },
      { name: 'realm-sync', policy: 'short', retry_delay_max: 60 },
      { name: 'realm-sync-sweep', policy: 'short', retry_delay_max: null },
    ]);
    expect(await app.sql('select name, cron from pgboss.schedule order by name')).toEqual([
      { name: 'realm-intent-cleanup', cron: '* * * * *' },
      { name: 'realm-search', cron: '* * * * *' },
      { name: 'realm-sync-sweep', cron: '* * * * *' },
    ]);
  });
});

describe('stopping', () => {
  it('lets a running job end', async () => {
    const { tenantId } = await created(app, provisionInput());
    app.standIn.faults.set({ match: `/admin/realms/${tenantId}`, method: 'PUT', kind: 'slow', ms: 700 });
    app.standIn.faults.clearRequests();
    await remove(tenantId);
    await eventually(
      async () => realmChanges(app, tenantId),
      (changes) => changes === 1,
    );
    await app.services.jobs.stop(5_000);
    expect(await realmStateOf(app, tenantId)).toBe('DISABLED');
    expect(await app.sql(`select state from pgboss.job where name = 'realm-sync' and state <> 'completed'`)).toEqual(
      [],
    );
  });
});
