import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client, Realm, State, User } from './model.js';

/** The state in memory and its file: one JSON document, mode 600, written beside itself and then renamed. */
export class Store {
  readonly #path: string;
  #writing: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    directory: string,
    readonly state: State,
  ) {
    this.#path = statePath(directory);
  }

  /** Resolves once everything that was changed before the call is on disk; calls in between share one write. */
  save(): Promise<void> {
    this.#next ??= (this.#writing ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        this.#writing = this.#write().finally(() => (this.#writing = undefined));
        return this.#writing;
      });
    return this.#next;
  }

  realm(name: string): Realm | undefined {
    return this.state.realms.find((realm) => realm.realm === name);
  }

  async #write(): Promise<void> {
    const part = `${this.#path}.part`;
    await writeFile(part, JSON.stringify(this.state), { mode: 0o600 });
    await rename(part, this.#path);
  }
}

const statePath = (directory: string): string => join(directory, 'state.json');

/** The state of an earlier run, or undefined; makes the directory (mode 700) where it is missing. */
export async function readState(directory: string): Promise<State | undefined> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    return JSON.parse(await readFile(statePath(directory), 'utf8')) as State;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

export const clientByClientId = (realm: Realm, clientId: string): Client | undefined =>
  realm.clients.find((client) => client.clientId === clientId);

export const userByName = (realm: Realm, username: string): User | undefined =>
  realm.users.find((user) => user.username === username.toLowerCase());

/** Keycloak takes a user's e-mail address for the username too. */
export const userForLogin = (realm: Realm, name: string): User | undefined =>
  userByName(realm, name) ?? realm.users.find((user) => user.email?.toLowerCase() === name.toLowerCase());

export const serviceAccount = (realm: Realm, client: Client): User | undefined =>
  realm.users.find((user) => user.serviceAccountOf === client.id);
