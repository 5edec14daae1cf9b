import { describe, expect, it } from 'vitest';

import { Faults } from '../../src/faults.js';
import { optionalWebAddress } from '../../src/validation/address.rules.js';
import { optionalText, requiredText } from '../../src/validation/text.rules.js';

const path = ['text'];
const isRefused = (check: (faults: Faults) => unknown): boolean => {
  const faults = new Faults();
  check(faults);
  return faults.has(path);
};

describe('a text', () => {
  it('is as long as it has characters, whatever they take in memory', () => {
    const refused = (text: string): boolean => isRefused((faults) => requiredText(faults, path, text, { max: 3 }));
    expect(['abc', '😀😀😀', '𠮷野家', 'abcd', '😀😀😀😀'].map(refused)).toEqual([false, false, false, true, true]);
  });

  it.each(['', ' ', '\u00a0', '\u200b', '\u2060 \ufeff', '\u3000'])(
    'without anything to be seen is blank: %j',
    (text) => {
      expect(isRefused((faults) => requiredText(faults, path, text, { max: 9 }))).toBe(true);
      expect(optionalText(new Faults(), path, text, { max: 9 })).toBeNull();
    },
  );

  it.each(['a\u200bb', 'ن\u200cم', '👩\u200d👧'])('may hold what only formats: %j', (text) => {
    expect(requiredText(new Faults(), path, text, { max: 9 })).toBe(text);
  });
});

describe('an address', () => {
  const refused = (text: string): boolean =>
    isRefused((faults) => optionalWebAddress(faults, path, text, ['https', 'wss']));

  it.each(['https://example.com', 'wss://[::1]:8443/x'])('names a host: %s', (text) =>
    expect(refused(text)).toBe(false),
  );

  it.each([
    'https:///example.com',
    'wss:////x',
    'https://',
    'https:/example.com',
    'https:example.com',
    'ftp://a.example',
  ])('is nothing else: %s', (text) => expect(refused(text)).toBe(true));
});
