import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

/** Cheap on purpose: these are demo accounts on the developer's own machine. */
const cost = { N: 1024, r: 8, p: 1 };

const derive = (password: string, salt: string): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    scrypt(password, Buffer.from(salt, 'base64url'), 32, cost, (error, key) => (error ? reject(error) : resolve(key)));
  });

export async function hashPassword(password: string): Promise<{ salt: string; hash: string }> {
  const salt = randomBytes(16).toString('base64url');
  return { salt, hash: (await derive(password, salt)).toString('base64url') };
}

export async function passwordMatches(stored: { salt: string; hash: string }, password: string): Promise<boolean> {
  return timingSafeEqual(await derive(password, stored.salt), Buffer.from(stored.hash, 'base64url'));
}
