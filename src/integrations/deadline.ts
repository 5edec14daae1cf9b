import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** By when everything that is waited for has to be through, as of `Date.now()`. */
const deadlines = new AsyncLocalStorage<number>();

/**
 * Runs work that has so many milliseconds in all, however many calls it makes one after the other: each one that leaves
 * the process, and each lock that is waited for, gets what is left. Within another deadline the earlier one holds.
 */
export async function within<T>(milliseconds: number, work: () => Promise<T>): Promise<T> {
  return await deadlines.run(Math.min(Date.now() + milliseconds, deadlines.getStore() ?? Infinity), work);
}

/** Runs work that others wait for too, whose time is not that of whoever happened to need it first. */
export async function withoutDeadline<T>(work: () => Promise<T>): Promise<T> {
  return await deadlines.run(Infinity, work);
}

/** Milliseconds, none below 0; Infinity where there is no deadline. */
export function timeLeft(): number {
  return Math.max((deadlines.getStore() ?? Infinity) - Date.now(), 0);
}

/** What is awaited, or undefined once the time is over: others may go on waiting for it. */
export async function inTime<T>(awaited: Promise<T>, milliseconds = timeLeft()): Promise<T | undefined> {
  if (milliseconds === Infinity) return await awaited;
  const over = new AbortController();
  const late = sleep(Math.max(milliseconds, 0), undefined, { signal: over.signal }).catch(() => undefined);
  return await Promise.race([awaited, late]).finally(() => {
    over.abort();
  });
}
