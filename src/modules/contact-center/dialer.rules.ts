import type { Faults } from '../../faults.js';
import { requiredText, textLimits, wholeNumber } from '../../validation/text.rules.js';

export interface DialerSettings {
  serviceIdentifier: string;
  maxConcurrentCalls: number;
  maxCallTimeMinutes: number;
  callsPerSecond: number;
}

/** The columns of a tenant that hold its dialer. */
export interface DialerColumns {
  dialerServiceIdentifier: string | null;
  dialerMaxConcurrentCalls: number | null;
  dialerMaxCallTimeMinutes: number | null;
  dialerCallsPerSecond: number | null;
}

const count = { min: 1, max: 1_000_000 };

/** Checks a dialer; none clears it. */
export function dialerColumns(
  faults: Faults,
  path: readonly string[],
  dialer: DialerSettings | null | undefined,
): DialerColumns {
  if (dialer === null || dialer === undefined) {
    return {
      dialerServiceIdentifier: null,
      dialerMaxConcurrentCalls: null,
      dialerMaxCallTimeMinutes: null,
      dialerCallsPerSecond: null,
    };
  }
  const at = (field: keyof DialerSettings): string[] => [...path, field];
  return {
    dialerServiceIdentifier: requiredText(
      faults,
      at('serviceIdentifier'),
      dialer.serviceIdentifier,
      textLimits.identifier,
    ),
    dialerMaxConcurrentCalls: wholeNumber(faults, at('maxConcurrentCalls'), dialer.maxConcurrentCalls, count),
    dialerMaxCallTimeMinutes: wholeNumber(faults, at('maxCallTimeMinutes'), dialer.maxCallTimeMinutes, {
      ...count,
      unit: 'minutes',
    }),
    dialerCallsPerSecond: wholeNumber(faults, at('callsPerSecond'), dialer.callsPerSecond, count),
  };
}
