/** An answer other than success, with Keycloak's own status and body. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    readonly body: Record<string, unknown>,
  ) {
    super(JSON.stringify(body));
  }
}

/** A refusal in OAuth's format. */
export const oauthRefusal = (status: number, error: string, description: string): Refusal =>
  new Refusal(status, { error, error_description: description });

export const realmDoesNotExist = (): Refusal => new Refusal(404, { error: 'Realm does not exist' });
export const realmNotEnabled = (): Refusal => oauthRefusal(403, 'access_denied', 'Realm not enabled');
export const invalidGrant = (description: string): Refusal => oauthRefusal(400, 'invalid_grant', description);

export const realmNotFound = (): Refusal => new Refusal(404, { error: 'Realm not found.' });
export const unauthorized = (): Refusal => new Refusal(401, { error: 'HTTP 401 Unauthorized' });
export const forbidden = (): Refusal => new Refusal(403, { error: 'HTTP 403 Forbidden' });
export const notFound = (what: string): Refusal => new Refusal(404, { error: what });
export const conflict = (message: string): Refusal => new Refusal(409, { errorMessage: message });
export const duplicate = (): Refusal => new Refusal(409, { errorMessage: 'Duplicate resource error' });
export const unreadable = (): Refusal => new Refusal(400, { errorMessage: 'unable to read contents from stream' });
