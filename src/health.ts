import type { AppServices } from './context.js';
import type { Health } from './http/health-route.js';

/**
 * Whether requests can be served. Keycloak may be down as long as the platform's keys are in hand: they are asked for
 * here, which also fetches them where they never were.
 */
export async function readHealth({ db, keySets, platformRealm, jobs }: AppServices): Promise<Health> {
  const [database, answers] = await Promise.all([
    db.platform.em
      .fork()
      .execute('select 1')
      .then(() => 'up' as const)
      .catch(() => 'down' as const),
    keySets.answers(platformRealm),
  ]);
  const hasKeys = keySets.has(platformRealm.issuer);
  return {
    isReady: database === 'up' && hasKeys,
    parts: {
      database,
      keycloak: answers ? 'up' : hasKeys ? 'down, keys in hand' : 'down',
      jobs: jobs.health(),
    },
  };
}
