import { describe, expect, it } from 'vitest';

import { parseAllowEntry, refusalOf, targetOf, type Refusal } from '../../src/integrations/outbound.rules.js';

const allow = (...entries: string[]) => entries.map((entry) => parseAllowEntry(entry)!);

/** What becomes of a literal address, or of a name with one DNS answer. */
function verdict(entries: string[], url: string, answer?: string, purpose: 'otp-manager' | 'keycloak' = 'otp-manager') {
  const target = targetOf(url);
  if (typeof target === 'string') return target;
  return refusalOf(allow(...entries), target, answer ?? target.host, purpose) ?? 'allowed';
}

describe('the allow-list', () => {
  it.each([
    'localhost',
    'localhost:*',
    'ef-cx-otp-manager-svc:3000',
    '*.svc.cluster.local:8080',
    '127.0.0.0/8:*',
    '10.0.0.7',
    '10.0.0.7:3000',
    '[::1]:*',
    '[fd00::/8]:443',
    '[fd00::]/8:443',
    'fd00::/8',
    '::1',
  ])('takes %s', (entry) => {
    expect(parseAllowEntry(entry)).toBeDefined();
  });

  it.each([
    '',
    '*',
    '*.',
    'http://localhost',
    'localhost/path',
    'user@host',
    'host:0',
    'host:65536',
    'host:x',
    '10.0.0.0/33',
    '[::1',
    'a b',
    '*.10.0.0.1',
    '2130706433',
  ])('refuses %j', (entry) => {
    expect(parseAllowEntry(entry)).toBeUndefined();
  });

  it.each<[string[], string, string | undefined, Refusal | 'allowed']>([
    [['localhost'], 'http://localhost', '127.0.0.1', 'allowed'],
    [['localhost'], 'https://LOCALHOST.', '127.0.0.1', 'allowed'],
    [['localhost'], 'http://localhost:8080', '127.0.0.1', 'NOT_LISTED'],
    [['localhost:*'], 'http://localhost:8080', '127.0.0.1', 'allowed'],
    [['localhost'], 'http://127.0.0.1', undefined, 'NOT_LISTED'],
    [['host:3000'], 'http://host:3000', '10.1.2.3', 'allowed'],
    [['*.internal'], 'http://otp.internal', '10.1.2.3', 'allowed'],
    [['*.internal'], 'http://internal', '10.1.2.3', 'NOT_LISTED'],
    [['*.internal'], 'http://notinternal', '10.1.2.3', 'NOT_LISTED'],
    [['10.0.0.0/8:3000'], 'http://otp:3000', '10.1.2.3', 'allowed'],
    [['10.0.0.0/8:3000'], 'http://otp:3001', '10.1.2.3', 'NOT_LISTED'],
    [['10.0.0.0/8:3000'], 'http://otp:3000', '192.168.1.1', 'NOT_LISTED'],
    [['[fd00::/8]:*'], 'http://[fd12::1]:99', undefined, 'allowed'],
    [['0.0.0.0/0:*', '[::/0]:*', 'evil:*'], 'http://evil', '169.254.169.254', 'METADATA_ADDRESS'],
    [['0.0.0.0/0:*', '[::/0]:*'], 'http://[::ffff:169.254.169.254]', undefined, 'METADATA_ADDRESS'],
    [['0.0.0.0/0:*', '[::/0]:*'], 'http://[64:ff9b::a9fe:a9fe]', undefined, 'METADATA_ADDRESS'],
    [['0.0.0.0/0:*', '[::/0]:*'], 'http://[2002:a9fe:a9fe::]', undefined, 'METADATA_ADDRESS'],
    [['0.0.0.0/0:*', '[::/0]:*'], 'http://[fd00:ec2::254]', undefined, 'METADATA_ADDRESS'],
    [['0.0.0.0/0:*'], 'http://168.63.129.16', undefined, 'METADATA_ADDRESS'],
  ])('%j, %s answering %s: %s', (entries, url, answer, expected) => {
    expect(verdict(entries, url, answer)).toBe(expected);
  });
});

describe('without an entry', () => {
  it.each([
    ...[
      '127.0.0.1',
      '2130706433',
      '0x7f000001',
      '0177.0.0.1',
      '127.1',
      '0',
      '[::1]',
      '[::ffff:7f00:1]',
      '[::127.0.0.1]',
    ],
    ...['10.0.0.1', '172.16.0.1', '192.168.0.1', '100.64.0.1', '169.254.1.1', '192.0.0.8', '192.0.2.1', '198.18.0.1'],
    ...['198.51.100.1', '203.0.113.1', '192.88.99.1', '192.31.196.1', '192.52.193.1', '192.175.48.1', '224.0.0.1'],
    ...['240.0.0.1', '255.255.255.255', '[fe80::1]', '[fc00::1]', '[fec0::1]', '[ff02::1]', '[64:ff9b::808:808]'],
    ...['[64:ff9b:1::1]', '[2002:808:808::]', '[2001::1]', '[2001:db8::1]', '[2001:2::1]', '[2001:20::1]', '[100::1]'],
    ...['[3fff::1]', '[5f00::1]', '[4000::1]', '[2620:4f:8000::1]'],
  ])('%s is out of bounds', (host) => {
    expect(verdict([], `https://${host}/`)).toBe('NOT_LISTED');
  });

  it('public https may be called on 443 and 8443 for an OTP manager, and nothing for a Keycloak', () => {
    expect(verdict([], 'https://8.8.8.8/')).toBe('allowed');
    expect(verdict([], 'https://8.8.8.8:8443/')).toBe('allowed');
    expect(verdict([], 'https://[2606:4700::1111]/')).toBe('allowed');
    expect(verdict([], 'https://8.8.8.8:444/')).toBe('NOT_LISTED');
    expect(verdict([], 'http://8.8.8.8/')).toBe('NOT_LISTED');
    expect(verdict([], 'https://name.example/', '8.8.8.8')).toBe('allowed');
    expect(verdict([], 'https://name.example/', '8.8.8.8', 'keycloak')).toBe('NOT_LISTED');
    expect(verdict(['name.example'], 'https://name.example/', '8.8.8.8', 'keycloak')).toBe('allowed');
  });

  it('credentials and other schemes are refused whatever is listed', () => {
    expect(verdict(['host:*'], 'http://user:secret@host/', '8.8.8.8')).toBe('USER_INFO');
    for (const url of ['ftp://host/', 'file:///etc/passwd', 'javascript:1', 'host', '']) {
      expect(verdict(['host:*'], url, '8.8.8.8')).toBe('NOT_A_WEB_ADDRESS');
    }
  });
});
