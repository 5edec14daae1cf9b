import type { Faults } from '../../faults.js';

const tenantIdPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const codePattern = /^[A-Z0-9]{2,10}$/;
const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const reservedTenantIds = new Set(['master', 'www', 'api', 'admin', 'auth']);

/** Whether a text is a UUID in its usual form (RFC 9562). */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** A DNS label of 1 to 63 characters (RFC 1035) that nothing else is called. */
export function checkTenantId(faults: Faults, path: readonly string[], tenantId: string): void {
  if (!isDnsLabel(tenantId)) {
    faults.add(
      'INVALID',
      path,
      'Must be 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end.',
    );
  } else if (isUuid(tenantId) || tenantId.startsWith('xn--') || reservedTenantIds.has(tenantId)) {
    faults.add('INVALID', path, 'This name is reserved.');
  }
}

/** A code of 2 to 10 upper-case letters and digits. */
export function isCode(code: string): boolean {
  return codePattern.test(code);
}

/** Whether a text has the form of a tenantId, which is also that of a realm to provision. */
export function isDnsLabel(text: string): boolean {
  return tenantIdPattern.test(text);
}
