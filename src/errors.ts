/**
 * What can go wrong, in two kinds. A `UserFault` is what the caller's data did wrong: it becomes `userErrors` on a
 * mutation's payload. A `RequestFault` is about the caller or the infrastructure: it becomes a top-level GraphQL error
 * with `extensions.code`. Anything else that is thrown is a defect: logged, and answered "Internal error".
 */

/** Codes of user errors, each with its meaning: the source of the GraphQL enum and of the table in the README. */
export const userErrorCodes = {
  INVALID: 'Right type, wrong value.',
  REQUIRED: 'Missing, given the rest of the input.',
  TAKEN: 'tenantId or code already used, deleted tenants included.',
  NOT_FOUND: 'No such tenant that the caller may see.',
  NOTHING_TO_CHANGE: 'The patch holds nothing.',
  INVALID_TRANSITION: "Not possible from the tenant's present status.",
  TENANT_DELETED: 'A deleted tenant cannot be changed.',
  VERSION_CONFLICT: 'expectedVersion is not the current version; the payload holds the tenant as it is.',
  IDEMPOTENCY_KEY_REUSED: 'The same key was used with another input.',
  TENANT_NOT_OPERATIONAL: 'No token for a suspended, inactive or deleted tenant, or one in maintenance.',
  OTP_MANAGER_UNREACHABLE: 'The OTP manager did not answer in time, or answered with a server error.',
  ADDRESS_NOT_ALLOWED: "The address is outside the operator's allow-list (OUTBOUND_ALLOW).",
  REALM_NOT_FOUND: 'There is no such realm at that Keycloak server.',
  REALM_TAKEN: "Used by another tenant (deleted ones included), not made by Tenantry, or the operators' own realm.",
  REALM_DISABLED: 'The realm is disabled in Keycloak.',
  REALM_REFUSED_CLIENT:
    'Unknown client, wrong secret, or a client without a service account; Keycloak does not say which.',
  REALM_TOKENS_UNUSABLE: "The realm answers, but its token fails Tenantry's checks.",
  PROVISIONING_NOT_CONFIGURED: 'Tenantry has no Keycloak account that may make realms (KEYCLOAK_ADMIN_CLIENT_ID).',
  IDENTITY_PROVIDER_UNAVAILABLE: "The tenant's realm did not answer in time.",
  INVALID_CREDENTIALS:
    'User, password, one-time code, client or secret are wrong; Keycloak does not say which, and neither does Tenantry.',
  ACCOUNT_NOT_READY: 'Right password, but the account is disabled or has required actions pending in Keycloak.',
  TOO_MANY_ATTEMPTS: 'Too many failed logins; wait and try again.',
  SESSION_EXPIRED: 'The session has ended; log in again.',
  FILE_TOO_LARGE: 'The file is larger than 2,097,152 bytes, or the image larger than 4096 pixels a side.',
  FILE_TYPE_NOT_ALLOWED: 'The bytes are not an intact image of an allowed type.',
} as const;

export type UserErrorCode = keyof typeof userErrorCodes;

export interface UserErrorData {
  readonly code: UserErrorCode;
  readonly message: string;
  /** Argument path to the field at fault; list positions as numbers in text; empty for the whole. */
  readonly path: readonly string[];
}

/** Faults of the caller's data, all of one input together. */
export class UserFault extends Error {
  override readonly name = 'UserFault';

  constructor(
    readonly errors: readonly UserErrorData[],
    /** UUID of the tenant that the payload shall show as it is (VERSION_CONFLICT, INVALID_TRANSITION). */
    readonly shownTenant?: string,
  ) {
    super(errors.map(({ code, path }) => `${code} at ${path.join('.') || '(input)'}`).join(', '));
  }
}

/** Throws one user error. */
export function userFault(code: UserErrorCode, path: readonly string[], message: string): never {
  throw new UserFault([{ code, message, path }]);
}

/** Codes of top-level errors that Tenantry raises by itself. */
export const requestErrorCodes = {
  UNAUTHENTICATED: 'No bearer token, or one that is not accepted.',
  FORBIDDEN: 'The caller lacks the permission.',
  BAD_USER_INPUT:
    'A value that its scalar refuses, a wrong argument of a query, or a broken cursor; see extensions.path.',
  SERVICE_UNAVAILABLE: "The database, or the operators' realm when logging in, does not answer; try again.",
  RATE_LIMITED: 'Too many requests; wait and try again.',
} as const;

export type RequestErrorCode = keyof typeof requestErrorCodes;

/** A fault of the request as a whole or of the infrastructure. */
export class RequestFault extends Error {
  override readonly name = 'RequestFault';

  constructor(
    readonly code: RequestErrorCode,
    message: string,
    readonly details: { readonly path?: readonly string[]; readonly reason?: string } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
