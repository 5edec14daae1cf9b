import { PgBoss } from 'pg-boss';

import type { AppServices } from '../context.js';
import { jobSchemaName } from '../database/isolation.js';
import { removeLeftIntents } from '../modules/realm/left-intents.service.js';
import { lookForMissingRealms } from '../modules/realm/realm-search.service.js';
import { syncRealm, tenantsOutOfSync } from '../modules/realm/realm-sync.service.js';
import type { Jobs } from './jobs.js';
import { choreQueues, everyMinute, queues, realmSyncQueue, type ChoreQueue } from './queues.js';

interface RealmSync {
  readonly tenant: string;
}

/** Realms that one replica sees to at a time. */
const followers = 2;
/** A job is taken at once where it was noted; this is for those of other replicas, and for tries that come due. */
const followerLooksEverySeconds = 2;
const choreLooksEverySeconds = 10;
/** An outage is told once in a while, not at every look. */
const tellOutageEveryMs = 30_000;

/**
 * The queues in PostgreSQL and what works on them, within this process. What is to be done is in the tenants' own rows:
 * a queue that is lost is filled from them again.
 *
 * @param platformUrl of the login that may work in the library's schema, and create nothing there
 */
export function createJobs(platformUrl: string, app: () => AppServices): Jobs {
  return new BossJobs(platformUrl, app);
}

class BossJobs implements Jobs {
  readonly #boss: PgBoss;
  readonly #app: () => AppServices;
  #followers: readonly string[] = [];
  #searcher?: string;
  #isRunning = false;
  #toldAt = 0;

  constructor(platformUrl: string, app: () => AppServices) {
    this.#app = app;
    this.#boss = connect(platformUrl);
    this.#boss.on('error', (error) => this.#tellOutage(error));
    this.#boss.on('warning', ({ message }) => app().log.debug({ library: message }, 'jobs'));
  }

  async start(): Promise<void> {
    await this.#boss.start();
    for (const [name, { policy, ...options }] of Object.entries(queues)) {
      await this.#boss.createQueue(name, { ...options, ...(policy !== undefined && { policy }) });
      await this.#boss.updateQueue(name, options); // where it was there already, with settings of before
    }
    const pollingIntervalSeconds = followerLooksEverySeconds;
    this.#followers = await Promise.all(
      Array.from({ length: followers }, () =>
        this.#boss.work<RealmSync>(realmSyncQueue, { pollingIntervalSeconds }, async ([job]) => {
          if (job) await this.#follow(job.data.tenant);
        }),
      ),
    );
    for (const name of choreQueues) await this.#startChore(name);
    this.#isRunning = true;
  }

  syncRealm(id: string): void {
    if (!this.#isRunning || this.#app().realmAdmin === undefined) return;
    // One that waits for its next try is due now: the reason for the wait may be the very thing that has changed.
    this.#boss
      .upsert(realmSyncQueue, { tenant: id } satisfies RealmSync, { singletonKey: id, startAfter: 0 })
      .then(() => this.#wakeFollowers())
      .catch((error: unknown) => this.#tellOutage(error));
  }

  lookForRealms(): void {
    if (!this.#isRunning || this.#app().realmCare === undefined) return;
    this.#boss
      .send('realm-search')
      .then(() => this.#searcher !== undefined && this.#boss.notifyWorker(this.#searcher))
      .catch((error: unknown) => this.#tellOutage(error));
  }

  health(): 'up' | 'down' {
    const hasFailed = this.#boss
      .getWipData()
      .some(({ lastErrorOn, lastFetchedOn }) => (lastErrorOn ?? 0) > (lastFetchedOn ?? 0));
    return this.#isRunning && !hasFailed ? 'up' : 'down';
  }

  async stop(graceMs: number): Promise<void> {
    this.#isRunning = false;
    await this.#boss.stop({ timeout: graceMs });
  }

  async #startChore(name: ChoreQueue): Promise<void> {
    await this.#boss.schedule(name, everyMinute);
    await this.#boss.send(name);
    const worker = await this.#boss.work(
      name,
      { pollingIntervalSeconds: choreLooksEverySeconds },
      async () => await this.#do(name),
    );
    if (name === 'realm-search') this.#searcher = worker;
  }

  /** @throws where it has to be tried again */
  async #follow(tenant: string): Promise<void> {
    try {
      await syncRealm(this.#app(), tenant);
    } catch (err) {
      this.#app().log.warn({ tenant, err }, "Keycloak does not follow the tenant's status yet");
      throw new Error('not followed yet'); // the library keeps the text; the reason is in the log and in the tenant
    } finally {
      this.#wakeFollowers(); // there may be more
    }
  }

  async #do(name: ChoreQueue): Promise<void> {
    try {
      await this.#chores[name]();
    } catch (err) {
      this.#app().log.warn({ job: name, err }, 'a job failed and comes again within a minute');
      throw new Error('failed');
    }
  }

  readonly #chores: Readonly<Record<ChoreQueue, () => Promise<void>>> = {
    'realm-sync-sweep': () => this.#sweep(),
    'realm-search': () => lookForMissingRealms(this.#app()),
    'realm-intent-cleanup': () => removeLeftIntents(this.#app()),
  };

  /** Notes a job for every tenant that Keycloak has not followed and for which none waits. */
  async #sweep(): Promise<void> {
    if (this.#app().realmAdmin === undefined) return;
    const waiting = await this.#boss.findJobs<RealmSync>(realmSyncQueue, { queued: true, limit: 100_000 });
    const known = new Set(waiting.map(({ data }) => data.tenant));
    const forgotten = (await tenantsOutOfSync(this.#app())).filter((id) => !known.has(id));
    if (forgotten.length === 0) return;
    await this.#boss.insert(
      realmSyncQueue,
      forgotten.map((id) => ({ data: { tenant: id } satisfies RealmSync, singletonKey: id })),
    );
    this.#wakeFollowers();
  }

  #wakeFollowers(): void {
    for (const id of this.#followers) this.#boss.notifyWorker(id);
  }

  #tellOutage(err: unknown): void {
    if (Date.now() - this.#toldAt < tellOutageEveryMs) return;
    this.#toldAt = Date.now();
    this.#app().log.error({ err }, 'the queues of jobs cannot be worked with');
  }
}

/** Without anything that would need more rights than to read and write rows. */
function connect(connectionString: string): PgBoss {
  return new PgBoss({
    connectionString,
    schema: jobSchemaName,
    application_name: 'tenantry jobs',
    options: '-c statement_timeout=10000 -c lock_timeout=5000',
    connectionTimeoutMillis: 5000,
    max: 3,
    migrate: false,
    createSchema: false,
    reindex: false,
    monitorVacuum: false,
    registerInstance: false,
    openTelemetry: { enabled: false },
    cronWorkerIntervalSeconds: 15,
    flowIntervalSeconds: 3_600,
  });
}
