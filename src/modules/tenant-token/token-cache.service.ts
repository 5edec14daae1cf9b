import { LRUCache } from 'lru-cache';

/** A verified token of a tenant's realm. Times are seconds since the epoch. */
export interface IssuedToken {
  readonly accessToken: string;
  readonly scope: readonly string[];
  readonly issuedAt: number;
  /** What is promised: the token's own expiry, or an hour after it was issued. */
  readonly expiresAt: number;
  /** Until when somebody who checks it offline takes it. */
  readonly validUntil: number;
}

/** Which token is wanted, by the tenant's row as it was just read. */
export interface WantedToken {
  /** UUID of the tenant */
  readonly id: string;
  readonly clientSecretVersion: number;
  /** Seconds since the epoch. */
  readonly tokensNotBefore: number;
  /** Sorted. */
  readonly scope: readonly string[];
}

/** Tokens at hand, and those that are being asked for. */
export interface TenantTokens {
  /**
   * A token with at least half of its life left, issued since the tenant last came into service; else a fresh one,
   * asked for once however many wait.
   *
   * @param issue asks the realm; what it throws or leaves undefined goes to all who wait, and is not kept
   */
  get(wanted: WantedToken, now: Date, issue: () => Promise<IssuedToken | undefined>): Promise<IssuedToken | undefined>;
}

const maxTokens = 10_000;

export function createTenantTokens(): TenantTokens {
  const tokens = new LRUCache<string, IssuedToken>({ max: maxTokens });
  const flights = new Map<string, Promise<IssuedToken | undefined>>();
  const fly = async (key: string, issue: () => Promise<IssuedToken | undefined>): Promise<IssuedToken | undefined> => {
    const token = await issue();
    if (token) tokens.set(key, token);
    return token;
  };
  return {
    async get({ id, clientSecretVersion, tokensNotBefore, scope }, now, issue) {
      const key = `${id} ${clientSecretVersion} ${scope.join(' ')}`;
      const known = tokens.get(key);
      if (known && known.issuedAt >= tokensNotBefore && isYoung(known, now)) return known;
      const flightKey = `${tokensNotBefore} ${key}`;
      const flight = flights.get(flightKey) ?? fly(key, issue).finally(() => flights.delete(flightKey));
      flights.set(flightKey, flight);
      return await flight;
    },
  };
}

function isYoung({ issuedAt, expiresAt }: IssuedToken, now: Date): boolean {
  return expiresAt - now.getTime() / 1_000 >= (expiresAt - issuedAt) / 2;
}
