import { errors } from 'jose';

/** A token that is not accepted. The reason is for the log and holds nothing of the token; callers learn nothing. */
export class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal';
}

/** Turns what jose throws into a refusal, and lets everything else through. */
export function throwRefusal(error: unknown): never {
  if (!(error instanceof errors.JOSEError)) throw error;
  const claim = error instanceof errors.JWTClaimValidationFailed ? ` (${error.claim}, ${error.reason})` : '';
  throw new TokenRefusal(error.code + claim, { cause: error });
}
