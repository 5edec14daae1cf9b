import type { AppServices } from './context.js';
import type { Health } from './http/health-route.js';

/**
 * Whether requests can be served. Keycloak may be down as long as the platform's keys are in hand; they are fetched here
 * where they never were.
 */
export async function readHealth({ db, keySets, platformRealm, jobs }: AppServices): Promise<Health> {
  const [database, keycloak] = await Promise.all([
    db.platform.em
      .fork()
      .execute('select 1')
      .then(() => 'up' as const)
      .catch(() => 'down' as const),
    keySets
      .thumbprints(platformRealm)
      .then(() => 'up' as const)
      .catch(() => 'down' as const),
  ]);
  const hasKeys = keySets.has(platformRealm.issuer);
  return {
    isReady: database === 'up' && hasKeys,
    parts: {
      database,
      keycloak: keycloak === 'down' && hasKeys ? 'down, keys in hand' : keycloak,
      jobs: jobs.health(),
    },
  };
}
