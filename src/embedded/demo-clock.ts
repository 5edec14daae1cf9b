/** Moments around the day that demo data is made on. */
export interface DemoClock {
  /** Noon of the tenth in an earlier month: which month that is does not hang on the day or the time zone. */
  readonly monthsAgo: (count: number) => Date;
  /** So many days from now; negative ones are past. */
  readonly days: (count: number) => Date;
}

const dayMs = 86_400_000;

export function demoClock(now: Date): DemoClock {
  return {
    monthsAgo: (count) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - count, 10, 12)),
    days: (count) => new Date(now.getTime() + count * dayMs),
  };
}
