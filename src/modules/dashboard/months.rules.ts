import { RequestFault } from '../../errors.js';

export interface MonthSpan {
  /** First month, as `2026-01`. */
  readonly from: string;
  /** Last month, included. */
  readonly to: string;
}

const defaultMonths = 12;
const maxMonths = 120;
/** January of the year 1, as `numberOf` counts. */
const firstMonth = 12;

/**
 * The months to count: twelve up to now unless something else is given.
 *
 * @param timezone IANA time zone in which "now" falls into a month
 * @throws RequestFault BAD_USER_INPUT where the span runs backwards or is longer than 120 months
 */
export function monthSpan(
  given: Partial<Record<keyof MonthSpan, string | null>>,
  now: Date,
  timezone: string,
): MonthSpan {
  const to = given.to ?? monthOf(now, timezone);
  const from = given.from ?? textOf(Math.max(numberOf(to) - (defaultMonths - 1), firstMonth));
  const months = numberOf(to) - numberOf(from) + 1;
  if (months < 1) throw new RequestFault('BAD_USER_INPUT', 'from must not be after to.', { path: ['from'] });
  if (months > maxMonths) {
    throw new RequestFault('BAD_USER_INPUT', `Ask for at most ${maxMonths} months.`, { path: ['from'] });
  }
  return { from, to };
}

function monthOf(moment: Date, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en-u-ca-gregory-nu-latn', {
    timeZone: timezone,
    year: 'numeric',
    month: '2-digit',
  }).formatToParts(moment);
  const part = (type: 'year' | 'month'): string => parts.find((candidate) => candidate.type === type)?.value ?? '';
  return `${part('year').padStart(4, '0')}-${part('month')}`;
}

function numberOf(month: string): number {
  return Number(month.slice(0, 4)) * 12 + Number(month.slice(5)) - 1;
}

function textOf(number: number): string {
  const year = Math.floor(number / 12);
  return `${String(year).padStart(4, '0')}-${String((number % 12) + 1).padStart(2, '0')}`;
}
