import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { inject } from 'vitest';

import type { Control } from '../../src/embedded/keycloak/control.js';
import { Faults, type TokenLie } from '../../src/embedded/keycloak/faults.js';
import { startKeycloakStandIn, type StandIn } from '../../src/embedded/keycloak/index.js';
import type { Provider } from '../keycloak/provider.js';
import { startKeycloakProxy } from './keycloak-proxy.js';
import { preparedPlatform, type PreparedPlatform } from './real-platform.js';
import { RealControl } from './real-control.js';

/** Whether this run is about the real Keycloak, which tells few lies about its tokens and signs nothing it is handed. */
export const isRealKeycloak = inject('realKeycloak') !== undefined;

/**
 * Lies about a service account's token that no setting of a real Keycloak tells: it signs with the key that it shows,
 * says `Bearer` of each access token whatever mappers there are, and names the subject without any.
 */
export const standInOnly: ReadonlySet<TokenLie> = new Set<TokenLie>(['wrong-typ', 'other-key', 'no-sub']);

/**
 * A Keycloak of a test's own, with the demo accounts: the stand-in, or in a run that is about it the real one, behind a
 * proxy that counts and disturbs requests as the stand-in can.
 */
export type TestKeycloak = Omit<StandIn, 'control'> & {
  readonly control: Pick<Control, keyof Control>;
  /** The address in its tokens, where it is not the one that is called. */
  readonly publicUrl?: string;
  /**
   * Makes the tokens of a realm's client wrong until the returned function is called: the stand-in lies, the real one
   * is set up by its administrator so that its tokens are. It throws where the real one cannot be.
   */
  lie(realm: string, lie: TokenLie, clientId?: string): Promise<() => Promise<void>>;
};

const defaultClientId = 'cx-core';

/** Starts it on an address of its own; `stop` leaves nothing behind but what the next test file clears away. */
export async function startTestKeycloak(): Promise<TestKeycloak> {
  const real = inject('realKeycloak');
  if (real === undefined) return await startStandIn();
  const platform = await preparedPlatform(real);
  const proxy = await startKeycloakProxy(real.url);
  return { ...asTestKeycloak(real, platform), url: proxy.url, faults: proxy.faults, stop: () => proxy.stop() };
}

/** A real Keycloak that was set up, called directly: nothing disturbs or counts its requests. */
export function asTestKeycloak(provider: Provider, platform: PreparedPlatform): TestKeycloak {
  const control = new RealControl(provider);
  return {
    url: provider.url,
    realm: 'master',
    clientId: 'tenantry',
    ...platform,
    adminClientId: 'tenantry-admin',
    administrator: provider.administrator,
    faults: new Faults(),
    control,
    lie: async (realm, lie, clientId = defaultClientId) => await control.lie(realm, lie, clientId),
    stop: async () => undefined,
  };
}

/** The real Keycloak of this run itself, which goes on after the test file. */
export async function sharedRealKeycloak(): Promise<{ provider: Provider; stop: () => Promise<void> }> {
  const provider = inject('realKeycloak');
  if (provider === undefined) throw new Error('This run has no real Keycloak: npm run test:keycloak');
  return { provider, stop: async () => undefined };
}

async function startStandIn(): Promise<TestKeycloak> {
  const stateDir = await mkdtemp(join(tmpdir(), 'tenantry-stand-in-'));
  const standIn = await startKeycloakStandIn({ stateDir });
  return {
    ...standIn,
    lie: async (realm, lie) => {
      standIn.faults.set({ match: `/realms/${realm}/protocol/openid-connect/token`, kind: 'lie', lie });
      return async () => standIn.faults.clear();
    },
    stop: async () => {
      await standIn.stop();
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}
