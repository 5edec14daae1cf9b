import type { Queue } from 'pg-boss';

/** Makes one realm follow its tenant's status; a job's key is the tenant's UUID. */
export const realmSyncQueue = 'realm-sync';

/** What is due every minute, on one replica. */
export const choreQueues = ['realm-sync-sweep', 'realm-search', 'realm-intent-cleanup'] as const;
export type ChoreQueue = (typeof choreQueues)[number];

/** As cron has it. */
export const everyMinute = '* * * * *';

/** The next minute brings another: one that failed is not repeated, and one that waits is enough. */
const chore: Omit<Queue, 'name'> = {
  policy: 'short',
  retryLimit: 0,
  expireInSeconds: 300,
  retentionSeconds: 600,
  deleteAfterSeconds: 600,
};

/**
 * `short`: one job of a key waits at most, while another may still run. A status that changes behind a running job's
 * back so gets a job of its own, and one that was lost with its process holds nobody up.
 */
export const queues: Readonly<Record<typeof realmSyncQueue | ChoreQueue, Omit<Queue, 'name'>>> = {
  [realmSyncQueue]: {
    policy: 'short',
    retryLimit: 1_000_000, // until it is done
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    expireInSeconds: 60,
    deleteAfterSeconds: 600,
  },
  'realm-sync-sweep': chore,
  'realm-search': chore,
  'realm-intent-cleanup': chore,
};
