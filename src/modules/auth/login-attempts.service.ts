import ipaddr from 'ipaddr.js';
import { RateLimiterMemory } from 'rate-limiter-flexible';

import { userFault } from '../../errors.js';
import { KeycloakFault } from '../../integrations/keycloak/keycloak-fault.js';
import { loginWithinMs } from '../../integrations/keycloak/platform-login.js';

/** Whom an attempt is for, and where it comes from. */
export interface Attempt {
  /** User name or client id. */
  readonly account: string;
  readonly remoteAddress: string;
}

/** Limits failed logins, for each account and for each address. Counted on each replica. */
export interface LoginAttempts {
  /**
   * Runs a login unless too many have failed; INVALID_CREDENTIALS counts as a failure.
   *
   * @param path argument path that TOO_MANY_ATTEMPTS is shown at
   * @param login is told how many milliseconds the wait for attempts under way has left of the time for a login
   * @throws UserFault TOO_MANY_ATTEMPTS, and whatever the login throws
   */
  attempt<T>(whom: Attempt, path: readonly string[], login: (withinMs: number) => Promise<T>): Promise<T>;
}

export interface AttemptLimits {
  readonly failuresPerAccount: number;
  readonly failuresPerAddress: number;
  readonly windowSeconds: number;
}

const defaultLimits: AttemptLimits = { failuresPerAccount: 5, failuresPerAddress: 20, windowSeconds: 15 * 60 };

/** Counts per process: a restart forgets. Attempts under way count as failures until they are known to be none. */
export function createLoginAttempts(limits: AttemptLimits = defaultLimits): LoginAttempts {
  const { failuresPerAccount, failuresPerAddress, windowSeconds: duration } = limits;
  const accounts = new Counter(new RateLimiterMemory({ points: failuresPerAccount, duration }));
  const addresses = new Counter(new RateLimiterMemory({ points: failuresPerAddress, duration }));
  return {
    async attempt({ account, remoteAddress }, path, login) {
      const reservations: Reservation[] = [];
      const deadline = Date.now() + loginWithinMs;
      let isFailed = false;
      try {
        for (const [counter, key] of [
          [accounts, account.normalize('NFKC').toLowerCase()],
          [addresses, addressKey(remoteAddress)],
        ] as const) {
          reservations.push((await counter.reserve(key, deadline)) ?? userFault('TOO_MANY_ATTEMPTS', path, tooMany));
        }
        return await login(deadline - Date.now());
      } catch (error) {
        isFailed = isFailure(error);
        throw error;
      } finally {
        for (const settle of reservations) await settle(isFailed);
      }
    },
  };
}

const tooMany = 'Too many failed logins; wait and try again.';

/** Gives a reserved try back, or turns it into a failure. */
type Reservation = (isFailure: boolean) => Promise<void>;

/** Failures by key, and the attempts under way that may become some. */
class Counter {
  readonly #pending = new Map<string, Set<Promise<undefined>>>();

  constructor(private readonly failures: RateLimiterMemory) {}

  /**
   * One more try, undefined where none is left; waits where that hangs on attempts under way, which end in time.
   *
   * @throws KeycloakFault UNAVAILABLE where they take too long
   */
  async reserve(key: string, deadline: number): Promise<Reservation | undefined> {
    for (;;) {
      if (Date.now() > deadline) throw new KeycloakFault('UNAVAILABLE', 'the attempts before take too long');
      const failed = (await this.failures.get(key))?.consumedPoints ?? 0;
      if (failed >= this.failures.points) return undefined;
      const pending = this.#pending.get(key) ?? new Set<Promise<undefined>>();
      if (failed + pending.size < this.failures.points) return this.#add(key, pending);
      await Promise.race(pending);
    }
  }

  #add(key: string, pending: Set<Promise<undefined>>): Reservation {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#pending.set(key, pending.add(promise));
    return async (isFailure) => {
      if (isFailure) await this.failures.penalty(key);
      pending.delete(promise);
      if (pending.size === 0) this.#pending.delete(key);
      resolve(undefined);
    };
  }
}

function isFailure(error: unknown): boolean {
  return error instanceof KeycloakFault && error.kind === 'INVALID_CREDENTIALS';
}

/** Whoever has one IPv6 address has its whole /64. */
function addressKey(text: string): string {
  if (!ipaddr.isValid(text)) return text;
  const address = ipaddr.process(text);
  return address.kind() === 'ipv4'
    ? address.toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/64`).toString();
}
