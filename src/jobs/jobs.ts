import type { AppServices } from '../context.js';
import { syncRealm } from '../modules/tenant/realm-sync.service.js';

/** What goes on after a request was answered. */
export interface Jobs {
  /** Makes Keycloak follow a tenant's status, soon and until it has. */
  syncRealm(id: string): void;
}

export function createJobs(app: () => AppServices): Jobs {
  return { syncRealm: (id) => void syncRealm(app(), id).catch(() => undefined) };
}
