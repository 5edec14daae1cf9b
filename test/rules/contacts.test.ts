import { describe, expect, it } from 'vitest';

import type { UserFault } from '../../src/errors.js';
import { Faults } from '../../src/faults.js';
import { mergeContacts } from '../../src/modules/tenant/contacts.rules.js';

const contact = { name: 'Ana', email: 'ana@example.com' };

/** The telephone number as it is stored; or where the fault is. */
function stored(phone: string): string | null | undefined {
  const faults = new Faults();
  const contacts = mergeContacts(faults, [], { business: { ...contact, phone }, technical: contact });
  try {
    faults.throwIfAny();
  } catch (error) {
    return (error as UserFault).errors.map(({ path }) => path.join('.')).join();
  }
  return contacts.businessContact?.phone;
}

describe('a telephone number', () => {
  it.each(['+34912345678', ' +34 912 345 678 ', '+34-912-345-678', '+34 (912) 345678'])(
    'is stored in E.164, however it was grouped: %s',
    (phone) => {
      expect(stored(phone)).toBe('+34912345678');
    },
  );

  it.each(['+44 (0)20 7946 0000', '+44 020 7946 0000', '+４４ 20 7946 0000'])(
    'is stored without the zero that is dialled within a country: %s',
    (phone) => {
      expect(stored(phone)).toBe('+442079460000');
    },
  );

  it.each([
    ['+39 06 698 12345', '+390669812345'],
    ['+36 (06) 20 123 4567', '+36201234567'],
    ['+7 (8) 495 123-45-67', '+74951234567'],
    ['+54 11 15 2345 6789', '+5491123456789'],
    ['+٣٤٩١٢٣٤٥٦٧٨', '+34912345678'],
  ])('is stored as it is called from abroad: %s', (phone, number) => {
    expect(stored(phone)).toBe(number);
  });

  it.each(['', '  '])('may be left blank', (phone) => {
    expect(stored(phone)).toBeNull();
  });

  it.each([
    ...['12', '912345678', 'call +34912345678', '+34912345678 now', '+34912345678\u0000', '+34912345678\n+34912345678'],
    ...['+49 123456789012345', '+8612345678901234', '+3491234567890123'],
    ...['+34912345678 ext. 5', '+999123456789', 'nonsense', '+'],
  ])('is nothing else: %j', (phone) => {
    expect(stored(phone)).toBe('business.phone');
  });
});

describe('an e-mail address', () => {
  const isTaken = (email: string): boolean => {
    const faults = new Faults();
    mergeContacts(faults, [], { business: { ...contact, email }, technical: contact });
    return !faults.has(['business', 'email']);
  };

  it.each(['ana@example.com', 'r&d@example.com', "d'@example.com", 'info@xn--e1aybc.xn--p1ai', 'a/b@mail.example.com'])(
    'is what browsers take for one: %s',
    (email) => expect(isTaken(email)).toBe(true),
  );

  it.each([
    ...['ana', 'ana@', '@example.com', 'a b@example.com', 'a@b-.com', 'ana@example..com', 'ана@example.com'],
    ...[`x@${'a'.repeat(64)}.com`, `${'a'.repeat(243)}@example.com`],
  ])('is nothing else: %s', (email) => expect(isTaken(email)).toBe(false));
});
