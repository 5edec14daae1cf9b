import type { Permission, Role } from './permission.rules.js';

/** Who is calling, as an accepted token says. */
export interface Viewer {
  /** Issuer and subject together name the caller for ever. */
  readonly subject: string;
  readonly issuer: string;
  /** null for service accounts. */
  readonly username: string | null;
  /** For the audit trail: a person's user name, a service account's client id. */
  readonly name: string;
  readonly roles: readonly Role[];
  readonly permissions: readonly Permission[];
  /** UUID of the tenant whose realm issued the token; null for the platform's tokens. */
  readonly tenant: string | null;
}
