import { parseValue, type GraphQLScalarType } from 'graphql';
import { describe, expect, test } from 'vitest';

import * as scalars from '../../src/graphql/scalars.js';

const accepted: [GraphQLScalarType, unknown[]][] = [
  [scalars.DateTimeScalar, ['2026-11-01T09:30:00Z', '2026-11-01T09:30:00.123456+05:30', '2028-02-29t00:00:00z']],
  [scalars.URLScalar, ['https://a.example/x?y#z', 'http://10.0.0.1:3000/', 'wss://media.example:7443']],
  [scalars.EmailAddressScalar, ['a.b+c@d.example']],
  [scalars.PhoneNumberScalar, ['+34911234567']],
  [scalars.CountryCodeScalar, ['ES', 'MX', 'GB', 'XK']],
  [
    scalars.TimeZoneScalar,
    [
      'UTC',
      'Europe/Madrid',
      'Asia/Kolkata',
      'Asia/Calcutta',
      'Europe/Kiev',
      'EST',
      'America/Argentina/Buenos_Aires',
      'Etc/GMT+5',
    ],
  ],
  [scalars.CurrencyScalar, ['EUR', 'USD', 'MXN', 'JPY', 'CLF', 'UYW', 'XCG', 'ZWG', 'VED', 'VES']],
  [scalars.LocaleScalar, ['es', 'es-ES', 'zh-Hans-CN', 'fil']],
  [scalars.HexColorCodeScalar, ['#fff', '#0055AA', '#0055AA80']],
  [scalars.YearMonthScalar, ['2026-11', '1999-01']],
  [scalars.NonNegativeIntScalar, [0, 7, 2_147_483_647]],
  [scalars.JSONObjectScalar, [{}, { a: [1, { b: null }] }]],
];

const refused: [GraphQLScalarType, unknown[]][] = [
  [
    scalars.DateTimeScalar,
    [
      ...['2026-11-01', '2026-11-01T09:30:00', '2026-11-01 09:30:00Z', '2026-02-30T00:00:00Z', '2026-11-01T24:00:00Z'],
      ...['2026-11-01T09:30:00+5', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-01:00', '2026-11-01T09:30:00Z\n', ''],
      ...[1_700_000_000, {}, new Date(Number.NaN)],
    ],
  ],
  [
    scalars.URLScalar,
    [
      ...['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'ftp://a', '/relative', 'a.example'],
      ...[
        'https://user:password@a.example',
        'https://user@a.example',
        ' https://a.example',
        `https://a/${'x'.repeat(2048)}`,
      ],
    ],
  ],
  [scalars.EmailAddressScalar, ['a', 'a@', '@b', 'a b@c.example', `${'a'.repeat(250)}@b.example`]],
  [
    scalars.PhoneNumberScalar,
    ['911234567', '+0911234567', '+34 911 234 567', '+34-911', '+3491123456789012', 34911234567],
  ],
  [scalars.CountryCodeScalar, ['es', 'ESP', 'UK', 'ZZ', 'XX', '']],
  [scalars.TimeZoneScalar, ['europe/madrid', 'US/PACIFIC', 'Europe/Atlantis', 'AET', 'CST', '+01:00', 'CEST ', '']],
  [scalars.CurrencyScalar, ['eur', 'Eur', 'EURO', 'ABC', '978', 'HRK', 'ZWL', 'SLL', 'CUC', 'ANG', '']],
  [scalars.LocaleScalar, ['es_ES', 'english', '', '-', 'e', 'es-']],
  [scalars.HexColorCodeScalar, ['fff', '#ff', '#ggg', '#12345', 'red', '#fff;']],
  [scalars.YearMonthScalar, ['2026-13', '2026-00', '2026-1', '0000-01', '2026-11-01', '26-11']],
  [scalars.NonNegativeIntScalar, [-1, 1.5, '5', 1e308, Number.NaN, 2_147_483_648, true, null, []]],
  [scalars.JSONObjectScalar, [[], 'x', 1, null, true]],
  [scalars.UploadScalar, ['x', {}, { filename: 'a' }, null]],
];

const cases = (table: [GraphQLScalarType, unknown[]][]) =>
  table.flatMap(([scalar, values]) => values.map((value) => [scalar.name, value, scalar] as const));

describe('as variables', () => {
  test.each(cases(accepted))('%s takes %j', (_name, value, scalar) => {
    expect(scalar.parseValue(value)).toBeDefined();
  });

  test.each(cases(refused))('%s refuses %j', (_name, value, scalar) => {
    expect(() => scalar.parseValue(value)).toThrow(TypeError);
  });

  test.each(Object.values(scalars).map((scalar) => [scalar.name, scalar] as const))(
    '%s repeats no value',
    (_name, scalar) => {
      expect(() => scalar.parseValue('hunter2')).toThrow(expect.not.stringContaining('hunter2') as string);
    },
  );
});

describe('as literals', () => {
  const literals = (table: [GraphQLScalarType, unknown[]][]) =>
    cases(table).filter(
      ([, value]) => typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value)),
    );

  test.each(literals(accepted))('%s takes %j', (_name, value, scalar) => {
    expect(scalar.parseLiteral(parseValue(JSON.stringify(value)), {})).toEqual(scalar.parseValue(value));
  });

  test.each(literals(refused))('%s refuses %j', (_name, value, scalar) => {
    expect(() => scalar.parseLiteral(parseValue(JSON.stringify(value)), {})).toThrow(TypeError);
  });
});

describe('values that are worked with', () => {
  test('a moment is a Date, whatever its offset', () => {
    expect(scalars.DateTimeScalar.parseValue('2026-11-01T00:00:00+05:30')).toEqual(new Date('2026-10-31T18:30:00Z'));
  });

  test('a language tag has its canonical case', () => {
    expect(scalars.LocaleScalar.parseValue('ES-es')).toBe('es-ES');
  });

  test('variables stand inside a JSON literal', () => {
    const literal = parseValue('{ a: { b: [$x, 1.5, "s", true, null] } }');
    expect(scalars.JSONObjectScalar.parseLiteral(literal, { x: 7 })).toEqual({ a: { b: [7, 1.5, 's', true, null] } });
  });
});

describe('answers', () => {
  test('a Date and text from SQL become RFC 3339', () => {
    expect(scalars.DateTimeScalar.serialize(new Date('2026-11-01T00:00:00Z'))).toBe('2026-11-01T00:00:00.000Z');
    for (const [text, answer] of [
      ['2026-11-01 09:30:00+00', '2026-11-01T09:30:00.000Z'],
      ['0001-01-01 00:00:00.1+00', '0001-01-01T00:00:00.100Z'],
      ['2026-11-01T09:30:00.12+00:00', '2026-11-01T09:30:00.120Z'],
      ['2026-11-01T09:30:00.123Z', '2026-11-01T09:30:00.123Z'],
    ]) {
      expect(scalars.DateTimeScalar.serialize(text)).toBe(answer);
    }
  });
});

test('each has the name of the contract and a description', () => {
  const all = Object.values(scalars);
  expect(all.map(({ name }) => name).sort()).toEqual(
    [
      ...['CountryCode', 'Currency', 'DateTime', 'EmailAddress', 'HexColorCode', 'JSONObject', 'Locale'],
      ...['NonNegativeInt', 'PhoneNumber', 'TimeZone', 'URL', 'Upload', 'YearMonth'],
    ].sort(),
  );
  expect(all.filter(({ description }) => !description)).toEqual([]);
});
