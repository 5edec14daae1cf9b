import ipaddr from 'ipaddr.js';

/**
 * What a call is for, since that decides where it may go: the operators' own Keycloak anywhere, a tenant's Keycloak
 * only where the operator listed it, an OTP manager there and to public https addresses.
 */
export type OutboundPurpose = 'platform' | 'keycloak' | 'otp-manager';

/** Why an address may not be called. */
export type Refusal = 'NOT_A_WEB_ADDRESS' | 'USER_INFO' | 'METADATA_ADDRESS' | 'NOT_LISTED';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** One entry of the operator's allow-list (`OUTBOUND_ALLOW`); `ports: undefined` is any. */
export interface AllowEntry {
  readonly host?: string;
  readonly suffix?: string;
  readonly range?: readonly [Address, number];
  readonly ports: readonly number[] | undefined;
}

/** Where a URL leads: host without brackets and closing dot. */
export interface Target {
  readonly scheme: string;
  readonly host: string;
  readonly port: number;
}

/** Where clouds hand out credentials: refused whatever is listed. */
const metadataAddresses = new Set(
  [
    '169.254.169.254', // most clouds
    '169.254.170.2', // Amazon ECS
    '169.254.170.23', // Amazon EKS
    '169.254.0.23', // Tencent
    '169.254.42.42', // Scaleway
    '100.100.100.200', // Alibaba
    '168.63.129.16', // Azure
    '192.0.0.192', // Oracle
    'fd00:ec2::254', // Amazon
    'fd00:ec2::23', // Amazon EKS
    'fd20:ce::254', // Google
    'fd00:42::42', // Scaleway
  ].map((text) => ipaddr.parse(text).toString()),
);

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');
const compatible = ipaddr.IPv6.parseCIDR('::/96');
const defaultPorts = [80, 443];
const publicPorts = [443, 8443];

/**
 * Reads one entry of the allow-list: `host`, `*.suffix`, an address or a CIDR, with an optional `:port` or `:*`
 * (IPv6 in brackets then). Without a port it means 80 and 443.
 *
 * @returns undefined where it is none of these
 */
export function parseAllowEntry(text: string): AllowEntry | undefined {
  const [, bracketed, bare, mask = '', port] =
    /^(?:\[([^\]]+)\]|([^\s[\]]+?))(\/\d{1,3})?(?::(\*|\d{1,5}))?$/.exec(text) ?? [];
  const whole = ipv6Range(text);
  if (whole !== undefined) return { range: whole, ports: defaultPorts };
  const ports = port === '*' ? undefined : port === undefined ? defaultPorts : [Number(port)];
  if (ports?.some((number) => number < 1 || number > 65_535)) return undefined;
  const range = bracketed === undefined ? ipv4Range((bare ?? '') + mask) : ipv6Range(bracketed + mask);
  if (range !== undefined) return { range, ports };
  if (bare === undefined || mask !== '') return undefined;
  const suffix = bare.startsWith('*.') ? bare.slice(2) : undefined;
  const host = hostName(suffix ?? bare);
  if (host === undefined) return undefined;
  return suffix === undefined ? { host, ports } : { suffix: `.${host}`, ports };
}

function ipv6Range(text: string): readonly [Address, number] | undefined {
  if (ipaddr.IPv6.isValid(text)) return [ipaddr.IPv6.parse(text), 128];
  return ipaddr.IPv6.isValidCIDR(text) ? ipaddr.IPv6.parseCIDR(text) : undefined;
}

function ipv4Range(text: string): readonly [Address, number] | undefined {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return [ipaddr.IPv4.parse(text), 32];
  return ipaddr.IPv4.isValidCIDRFourPartDecimal(text) ? ipaddr.IPv4.parseCIDR(text) : undefined;
}

/** A host as the URL standard writes it, or undefined where it is none or an address. */
function hostName(text: string): string | undefined {
  if (!/^[^\s/:@?#*%\\]+$/.test(text) || !URL.canParse(`http://${text}/`)) return undefined;
  const host = new URL(`http://${text}/`).hostname.replace(/\.$/, '');
  return host === '' || ipaddr.isValid(host) ? undefined : host;
}

/**
 * Where a URL leads. The URL standard has turned every spelling of an IPv4 address into the dotted one by then.
 */
export function targetOf(text: string): Target | Refusal {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') return 'NOT_A_WEB_ADDRESS';
  if (url.username !== '' || url.password !== '') return 'USER_INFO';
  return target(url.protocol, url.hostname, url.port);
}

/** The same from the parts of a connection; an empty port is the scheme's own. */
export function target(scheme: string, hostname: string, port: string): Target {
  const host = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
  return { scheme, host, port: port === '' ? (scheme === 'https:' ? 443 : 80) : Number(port) };
}

/** Whether the operator's list names the host itself, so that its DNS answers need not be listed. */
export function isListedByName(entries: readonly AllowEntry[], { host, port }: Target): boolean {
  return entries.some(
    (entry) =>
      (entry.ports?.includes(port) ?? true) &&
      (entry.host === host || (entry.suffix !== undefined && host.endsWith(entry.suffix))),
  );
}

/** Whether an unlisted target has the shape that a public address would be called at. */
export function isPublicShape({ scheme, port }: Target, purpose: OutboundPurpose): boolean {
  return purpose === 'otp-manager' && scheme === 'https:' && publicPorts.includes(port);
}

/**
 * Whether a connection to this address may be made for this target. The operators' own Keycloak is not asked for
 * here: its address is a setting.
 *
 * @param text an IP address: the target's own, or one that DNS answered
 */
export function refusalOf(
  entries: readonly AllowEntry[],
  goal: Target,
  text: string,
  purpose: OutboundPurpose,
): Refusal | undefined {
  if (!ipaddr.isValid(text)) return 'NOT_LISTED';
  const address = ipaddr.parse(text);
  if (isMetadata(address)) return 'METADATA_ADDRESS';
  if (isListedByName(entries, goal)) return undefined;
  const isListed = entries.some(
    ({ range, ports }) => range !== undefined && (ports?.includes(goal.port) ?? true) && within(address, range),
  );
  return isListed || (isPublicShape(goal, purpose) && isPublic(address)) ? undefined : 'NOT_LISTED';
}

function within(address: Address, range: readonly [Address, number]): boolean {
  return address.kind() === range[0].kind() && address.match([range[0], range[1]] as [ipaddr.IPv4, number]);
}

/** Outside every special-purpose and transition range of IANA's registries; for IPv6 also inside 2000::/3. */
function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false;
  return address.kind() === 'ipv4' || within(address, globalUnicast);
}

/** A metadata address, also where it is wrapped into an IPv6 one (mapped, compatible, NAT64, 6to4). */
function isMetadata(address: Address): boolean {
  if (metadataAddresses.has(address.toString())) return true;
  if (address instanceof ipaddr.IPv4) return false;
  const bytes = address.toByteArray();
  const range = address.range();
  const start = range === '6to4' ? 2 : 12;
  const wraps = ['6to4', 'ipv4Mapped', 'rfc6052', 'rfc6145'].includes(range) || address.match(compatible);
  return wraps && metadataAddresses.has(new ipaddr.IPv4(bytes.slice(start, start + 4)).toString());
}
