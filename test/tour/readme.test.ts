import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { afterAll, describe, expect, inject, it } from 'vitest';

import { variables } from '../../src/config-variables.js';
import { queues } from '../../src/jobs/queues.js';
import { databaseUrl, executeSql, loginUrl } from '../support/database.js';
import { onboardAndRetire } from './onboarding.js';
import { pasteReadme } from './pasted.js';
import { blocksIn } from './readme-blocks.js';
import { blockOf, readReadme } from './readme-file.js';
import { npmStart } from './service.js';
import { tables } from './tables.js';
import { withoutVolatile } from './volatile.js';

const root = join(import.meta.dirname, '../..');
const readme = readReadme();
const inRepository = (path: string): string => readFileSync(join(root, path), 'utf8');

// Each of these builds and starts the service, as `npm start` does.
const timeout = 120_000;

describe('the README, on a service that was started just now', () => {
  it('shows the answers that its commands get', { timeout }, async () => {
    const service = await npmStart();
    try {
      for (const { command, shown, printed } of await pasteReadme(readme, service.url)) {
        if (shown === undefined) expect(printed, command).toBe('');
        else expect(withoutVolatile(printed), command).toBe(withoutVolatile(shown));
      }
    } finally {
      expect(await service.stop()).toBe(0);
    }
  });
});

describe('the README, on a PostgreSQL of one’s own', () => {
  const [name, password] = [`readme_${process.pid}`, 'choose-one'];
  const cluster = inject('clusterUrl');

  afterAll(async () => {
    await executeSql(cluster, `drop database if exists ${name} with (force)`);
    for (const role of [`${name}_platform`, `${name}_tenant`, `${name}_owner`]) {
      await executeSql(cluster, `drop role if exists ${role}`);
    }
  });

  it('tells the main job as it goes, on what its SQL makes', { timeout }, async () => {
    const [sql = ''] = blocksIn(readme, 'sql');
    for (const statement of sql
      .replaceAll('tenantry', name)
      .split(';')
      .filter((text) => text.trim() !== '')) {
      await executeSql(cluster, statement);
    }
    const [, makeKey = ''] = /^export SECRETS_KEY=\$\((.*)\)$/m.exec(blocksIn(readme, 'shell').join('')) ?? [];
    const { stdout } = await promisify(execFile)('bash', ['-c', makeKey]);
    const service = await npmStart({
      DATABASE_URL: loginUrl(databaseUrl(cluster, name), `${name}_owner`, password),
      SECRETS_KEY: stdout.trim(),
      OUTBOUND_ALLOW: '127.0.0.1:*', // as the OTP manager of the tour needs it
      SEED_DEMO: 'true',
    });
    const said: string[] = [];
    try {
      await onboardAndRetire(service.url, (text) => said.push(text));
    } finally {
      expect(await service.stop()).toBe(0);
    }
    const [shown = ''] = blocksIn(blockOf(readme, 'tour'), 'text');
    expect(withoutVolatile(said.join('\n'))).toBe(withoutVolatile(shown));
  });
});

describe('the README says what is there', () => {
  it.each(Object.keys(tables))('the table of %s is what the code says (npm run readme)', (name) => {
    expect(blockOf(readme, name).trimEnd()).toBe(tables[name]!());
  });

  it('every setting, as does .env.example', () => {
    const settings = readme.slice(readme.indexOf('## Settings'), readme.indexOf('## Addresses'));
    const named = [
      ...settings
        .split('\n')
        .join(' ')
        .matchAll(/`([A-Z][A-Z_]+)`/g),
    ].map(([, name]) => name);
    for (const name of Object.keys(variables)) {
      expect(named, 'README.md').toContain(name);
      expect(inRepository('.env.example')).toMatch(new RegExp(`^(# )?${name}=`, 'm'));
    }
  });

  it('every background job', () => {
    const table = readme.slice(readme.indexOf('## Background jobs'), readme.indexOf('## Commands'));
    const named = [...table.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name);
    expect(named.toSorted()).toEqual(Object.keys(queues).toSorted());
  });

  it('no file that is not there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)]+)\)/g)].map(([, path = '']) => path);
    expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  it('no npm script that is not there', () => {
    const { scripts } = JSON.parse(inRepository('package.json')) as { scripts: Record<string, string> };
    const named = [...readme.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('no command that nothing runs: those that cannot be run here are run by the gate', () => {
    const runBy: Readonly<Record<string, readonly [file: string, line: string]>> = {
      'npm ci && npm start': ['.ci/smoke', "'npm ci && npm start'"],
      'npm ci && npm test': ['.ci/run', 'npm run --silent test'],
      'npm run tour -- --start-times': ['test/tour/start-times.slow.test.ts', '--start-times'],
      'export DATABASE_URL=postgresql://tenantry_owner:choose-one@db.example.com:5432/tenantry': [
        'test/tour/readme.test.ts',
        'DATABASE_URL',
      ],
      'export SECRETS_KEY=$(node -p "crypto.randomBytes(32).toString(\'base64url\')")': [
        'test/tour/readme.test.ts',
        'SECRETS_KEY',
      ],
      'npm start': ['test/tour/service.ts', "'npm', ['start']"],
      'export KEYCLOAK_URL=https://keycloak.example.com KEYCLOAK_ADMIN_USERNAME=admin KEYCLOAK_ADMIN_PASSWORD=choose-one':
        ['test/keycloak/readme.keycloak.test.ts', "blocksIn(section, 'shell')"],
      'npm run --silent keycloak:setup -- --dry-run': [
        'test/keycloak/readme.keycloak.test.ts',
        "blocksIn(section, 'shell')",
      ],
      '(umask 077 && npm run --silent keycloak:setup >> .env)': [
        'test/keycloak/readme.keycloak.test.ts',
        "blocksIn(section, 'shell')",
      ],
      'docker build -t tenantry .': ['.ci/image', 'bud '],
      'docker run --env-file .env -p 4000:4000 tenantry': ['.ci/image', 'run_image'],
    };
    const commands = blocksIn(readme, 'shell').flatMap((text) => text.trim().split('\n'));
    for (const command of commands) {
      const [file, line] = runBy[command] ?? ['', command];
      expect(file === '' ? '' : inRepository(file), command).toContain(line);
    }
  });
});
