import { mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded/postgres.js';
import { executeSql } from '../support/database.js';

const isRoot = process.getuid?.() === 0;

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tenantry-embedded-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const log = { info: () => undefined, error: () => undefined };
  const postgres = await startEmbeddedPostgres({ dataDir, log, durable: false });
  onTestFinished(() => postgres.stop());
  return postgres;
}

describe('the embedded PostgreSQL', () => {
  it('keeps its data over restarts, lets nobody in without the password, and keeps no value in its log', async () => {
    const dataDir = await temporaryDirectory();
    const first = await start(dataDir);
    await executeSql(first.url, `create table kept as select 'a planted value' as what`);
    await executeSql(first.url, 'create unique index on kept (what)');
    await expect(executeSql(first.url, `insert into kept values ('a planted value')`)).rejects.toThrow();
    await first.stop();
    await first.stop();
    const second = await start(dataDir);
    expect(await executeSql(second.url, 'select what from kept')).toEqual([{ what: 'a planted value' }]);
    const address = new URL(second.url);
    address.password = 'wrong';
    await expect(executeSql(address.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const log = await readFile(join(dataDir, 'postgres', 'server.log'), 'utf8');
    expect(log).not.toContain('(a planted value)');
  });

  it('clears the server that a killed process left running', async () => {
    const dataDir = await temporaryDirectory();
    const orphan = await start(dataDir);
    await executeSql(orphan.url, 'create table kept (id int)');
    const next = await start(dataDir);
    expect(await executeSql(next.url, 'select * from kept')).toEqual([]);
    await expect(executeSql(orphan.url, 'select 1')).rejects.toThrow();
  });

  it('leaves alone a process that only has the number of a server of before', async () => {
    const dataDir = await temporaryDirectory();
    await (await start(dataDir)).stop();
    await writeFile(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'), `${process.pid}\n${dataDir}\n`);
    const next = await start(dataDir);
    expect(await executeSql(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('makes a cluster anew where making it was cut off', async () => {
    const dataDir = await temporaryDirectory();
    const draft = join(dataDir, 'postgres', 'cluster.new');
    await (await start(dataDir)).stop();
    await rm(join(dataDir, 'postgres', 'cluster'), { recursive: true });
    await mkdir(draft);
    await writeFile(join(draft, 'PG_VERSION'), '1');
    expect(await executeSql((await start(dataDir)).url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('runs twice on one machine', async () => {
    const [one, two] = await Promise.all([start(await temporaryDirectory()), start(await temporaryDirectory())]);
    expect(one.url).not.toBe(two.url);
  });

  it('is closed to other users of the machine', async () => {
    const dataDir = await temporaryDirectory();
    await start(dataDir);
    expect((await stat(join(dataDir, 'postgres'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(dataDir, 'postgres', 'password'))).mode & 0o777).toBe(0o600);
    expect((await stat(dataDir)).mode & 0o066).toBe(0);
  });

  it.runIf(isRoot)('finds a place as root where its user could not enter DATA_DIR, and finds it again', async () => {
    const closed = await temporaryDirectory();
    const dataDir = join(closed, 'data');
    const first = await start(dataDir);
    const home = await readlink(join(dataDir, 'postgres'));
    onTestFinished(() => rm(home, { recursive: true, force: true }));
    expect(home).toMatch(/^\/var\/lib\/tenantry-/);
    await executeSql(first.url, 'create table kept (id int)');
    await first.stop();
    expect(await executeSql((await start(dataDir)).url, 'select * from kept')).toEqual([]);
    expect((await stat(closed)).mode & 0o777).toBe(0o700);
  });

  it.runIf(isRoot)('says so where that place is gone', async () => {
    const closed = await temporaryDirectory();
    const dataDir = join(closed, 'data');
    await (await start(dataDir)).stop();
    await rm(await readlink(join(dataDir, 'postgres')), { recursive: true, force: true });
    await expect(start(dataDir)).rejects.toThrow(/is gone/);
  });
});
