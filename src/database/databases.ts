import { MikroORM } from '@mikro-orm/postgresql';

import { ormOptions } from './orm.js';

/** The two restricted logins that the service works with; which one is used decides which rows there are. */
export interface Databases {
  /** Sees every tenant. */
  readonly platform: MikroORM;
  /** Sees the tenant that `app.tenant_id` names within the transaction, and may only read. */
  readonly tenant: MikroORM;
  close(): Promise<void>;
}

const limits = { connections: 10, statementTimeoutMs: 10_000, lockTimeoutMs: 5000 };

/** Opens the pools of the two logins. Connections are made when they are needed, so a database that is down fails later. */
export function connectDatabases(urls: { platformUrl: string; tenantUrl: string }): Databases {
  const platform = new MikroORM(ormOptions(urls.platformUrl, limits));
  const tenant = new MikroORM(ormOptions(urls.tenantUrl, limits));
  return {
    platform,
    tenant,
    close: async () => {
      await Promise.all([platform.close(), tenant.close()]);
    },
  };
}
