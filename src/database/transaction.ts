import { setTimeout as sleep } from 'node:timers/promises';

import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';

import { isRetryable } from './conflicts.js';

const tries = 4;

/**
 * Runs one unit of work in a transaction of its own and commits what it changed. Each try gets a fresh entity manager:
 * one that failed still holds its half-changed entities, and a later flush would write them.
 *
 * The work is run again where PostgreSQL reports a deadlock or a serialisation failure, so it must have no effect
 * outside the database. Whatever it throws rolls back and is thrown on.
 */
export async function inTransaction<T>(orm: MikroORM, work: (em: EntityManager) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await orm.em.fork().transactional((em) => work(em));
    } catch (error) {
      if (attempt === tries || !isRetryable(error)) throw error;
      await sleep(Math.random() * 20 * 2 ** attempt);
    }
  }
}
