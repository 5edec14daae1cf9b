import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a service's own PostgreSQL and stand-in for Keycloak keep in its data folder, seen from outside. */
export interface EmbeddedParts {
  /** Of the login that owns everything; the port changes with each start. */
  ownerUrl(): Promise<string>;
  /** The process that all others of PostgreSQL descend from. */
  postmaster(): Promise<number>;
  /** Realm name → id of every realm but the operators' own, as it is on disk. */
  realms(): Promise<Map<string, string>>;
}

export function embeddedParts(dataDir: string): EmbeddedParts {
  const postgres = join(dataDir, 'postgres');
  const pidFile = async (): Promise<string[]> =>
    (await readFile(join(postgres, 'cluster', 'postmaster.pid'), 'utf8')).split('\n');
  return {
    async ownerUrl() {
      const password = (await readFile(join(postgres, 'password'), 'utf8')).trim();
      return `postgres://tenantry:${password}@127.0.0.1:${(await pidFile())[3] ?? ''}/tenantry`;
    },
    async postmaster() {
      return Number((await pidFile())[0]);
    },
    async realms() {
      const state = JSON.parse(await readFile(join(dataDir, 'keycloak', 'state.json'), 'utf8')) as {
        realms: { realm: string; id: string }[];
      };
      return new Map(state.realms.map(({ realm, id }) => [realm, id] as const).filter(([realm]) => realm !== 'master'));
    },
  };
}
