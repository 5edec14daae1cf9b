import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { administratorSettings, runSetup, type SetupOutcome } from '../support/keycloak-setup.js';
import { admin, administratorToken, madeId, type Answer, type Provider } from './provider.js';

interface ClientDocument {
  readonly id: string;
  readonly secret: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly [name: string]: unknown;
}

/** One installation's names in the operators' realm, and what an administrator sees of it. */
export class Installation {
  readonly clientId = `login-${randomUUID().slice(0, 8)}`;
  readonly adminClientId = `maker-${randomUUID().slice(0, 8)}`;

  constructor(readonly provider: Provider) {}

  async run(
    env: Readonly<Record<string, string>> = {},
    options: Parameters<typeof runSetup>[1] = {},
  ): Promise<SetupOutcome> {
    const names = { KEYCLOAK_CLIENT_ID: this.clientId, KEYCLOAK_ADMIN_CLIENT_ID: this.adminClientId };
    return await runSetup({ ...administratorSettings(this.provider), ...names, ...env }, options);
  }

  /** Below the realm `master`, or with `/..` in front beside it. */
  async call(method: string, path: string, body?: unknown): Promise<Answer> {
    const below = path.startsWith('/..') ? path.slice(3) : `/master${path}`;
    return await admin(this.provider.url, await administratorToken(this.provider), method, below, body);
  }

  async client(clientId = this.clientId): Promise<ClientDocument | undefined> {
    return ((await this.call('GET', `/clients?clientId=${clientId}`)).body as ClientDocument[])[0];
  }

  /** The ids of the client scopes that tokens of the login client depend on. */
  async clientScopes(realm = 'master'): Promise<{ basic: string | undefined; roles: string | undefined }> {
    const all = (await this.call('GET', `/../${realm}/client-scopes`)).body as { id: string; name: string }[];
    const id = (name: string): string | undefined => all.find((scope) => scope.name === name)?.id;
    return { basic: id('basic'), roles: id('roles') };
  }

  /** Everything that the command may have made or changed, as one text to compare. */
  async state(): Promise<string> {
    const clients = [await this.client(), await this.client(this.adminClientId)];
    const scope = clients[0] && (await this.call('GET', `/clients/${clients[0].id}/scope-mappings`)).body;
    return JSON.stringify([clients, scope, (await this.call('GET', '')).body]);
  }

  /** Names of the realm roles of the account that makes realms. */
  async makerRoles(): Promise<string[]> {
    const { id } = (await this.client(this.adminClientId))!;
    const account = (await this.call('GET', `/clients/${id}/service-account-user`)).body as { id: string };
    const roles = (await this.call('GET', `/users/${account.id}/role-mappings/realm`)).body as { name: string }[];
    return roles.map((role) => role.name);
  }

  async person(roles: readonly string[] = []): Promise<{ username: string; password: string }> {
    const [username, password] = [`person-${randomUUID().slice(0, 8)}`, randomUUID()];
    const profile = { username, email: `${username}@example.com`, firstName: 'A', lastName: 'Person', enabled: true };
    const made = await this.call('POST', '/users', {
      ...profile,
      credentials: [{ type: 'password', value: password }],
    });
    const client = await this.client();
    for (const role of roles) {
      const { body } = await this.call('GET', `/clients/${client!.id}/roles/${role}`);
      await this.call('POST', `/users/${madeId(made)}/role-mappings/clients/${client!.id}`, [body]);
    }
    return { username, password };
  }
}

/** As a process of its own, the way `npm run` starts it. */
export async function runProcess(
  env: Readonly<Record<string, string>>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const command = join(import.meta.dirname, '../../src/cli/keycloak-setup.ts');
  const { PATH, HOME } = process.env;
  const run = spawn(process.execPath, ['--import', createRequire(import.meta.url).resolve('tsx'), command], {
    cwd: tmpdir(),
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => run.once('close', resolve));
  const [stdout, stderr] = await Promise.all([text(run.stdout), text(run.stderr)]);
  return { code: await ended, stdout, stderr };
}
