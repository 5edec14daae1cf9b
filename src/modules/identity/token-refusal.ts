import { errors } from 'jose';

/** A token that is not accepted. The reason is for the log: callers learn nothing from it. */
export class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal';
}

/** Turns what jose throws into a refusal, and lets everything else through. */
export function throwRefusal(error: unknown): never {
  if (error instanceof errors.JOSEError) throw new TokenRefusal(error.code, { cause: error });
  throw error;
}
