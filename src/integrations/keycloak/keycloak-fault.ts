/** What Keycloak's answer, or its silence, means to us. */
export type KeycloakFaultKind =
  | 'INVALID_CREDENTIALS'
  | 'ACCOUNT_NOT_READY'
  | 'SESSION_EXPIRED'
  | 'REALM_NOT_FOUND'
  | 'REALM_DISABLED'
  | 'REALM_REFUSED_CLIENT'
  | 'REALM_TOKENS_UNUSABLE'
  | 'INVALID_SCOPE'
  | 'ADDRESS_NOT_ALLOWED'
  | 'UNAVAILABLE';

/** A call to Keycloak that did not lead to what was asked; the message holds nothing that a caller sent. */
export class KeycloakFault extends Error {
  override readonly name = 'KeycloakFault';

  constructor(
    readonly kind: KeycloakFaultKind,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(`Keycloak ${kind}: ${detail}`, options);
  }
}
