import type { TestProject } from 'vitest/node';

import type { Provider } from '../keycloak/provider.js';
import { startRealKeycloak } from './real-keycloak.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The real Keycloak of the run, where it is about that one; its test files come one after the other. */
    realKeycloak?: Provider;
    /** Where its programs are. */
    realKeycloakHome?: string;
  }
}

let started: { readonly stop: () => Promise<void> } | undefined;

/** One real Keycloak for the whole run: starting one takes half a minute. */
export async function setup(project: TestProject): Promise<void> {
  const keycloak = await startRealKeycloak();
  started = keycloak;
  project.provide('realKeycloak', keycloak.provider);
  project.provide('realKeycloakHome', keycloak.home);
}

export async function teardown(): Promise<void> {
  await started?.stop();
}
