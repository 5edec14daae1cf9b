import { afterAll, beforeAll, describe } from 'vitest';
import { adminRows } from './conformance-admin.js';
import { grantRows } from './conformance-grants.js';
import { makeFixture, type Fixture, type Suite } from './conformance-realm.js';
import { sessionRows } from './conformance-sessions.js';
import { trustRows } from './conformance-trust.js';
import type { Provider } from './provider.js';

/**
 * Everything about Keycloak that Tenantry relies on, as promises that any provider must keep.
 * @param start brings the provider up (at most `startMs` milliseconds) and says how to take it down
 */
export function describeKeycloakBehaviour(
  name: string,
  start: () => Promise<{ provider: Provider; stop: () => Promise<void> }>,
  startMs = 60_000,
): void {
  describe(`${name} behaves as Keycloak`, () => {
    let started: Awaited<ReturnType<typeof start>> | undefined;
    let fixture: Fixture | undefined;
    const present = <T>(value: T | undefined): T => {
      if (value === undefined) throw new Error('The provider is not up yet');
      return value;
    };
    const suite: Suite = {
      get provider() {
        return present(started).provider;
      },
      get fixture() {
        return present(fixture);
      },
    };
    beforeAll(async () => {
      started = await start();
      fixture = await makeFixture(started.provider);
    }, startMs);
    afterAll(async () => {
      await fixture?.remove();
      await started?.stop();
    });
    describe('grants', () => grantRows(suite));
    describe('sessions', () => sessionRows(suite));
    describe('what is to be believed', () => trustRows(suite));
    describe('admin API', () => adminRows(suite));
  });
}
