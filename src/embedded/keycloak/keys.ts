import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  randomBytes,
  randomUUID,
  type KeyObject,
} from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, type JWK } from 'jose';
import type { Realm, RealmKey } from './model.js';

const generate = promisify(generateKeyPair);

/** A new RSA key pair of 2048 bits. */
export async function newKey(): Promise<RealmKey> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  const privateJwk = privateKey.export({ format: 'jwk' }) as JWK;
  return { kid: await calculateJwkThumbprint(privateJwk), privateJwk };
}

/** What a new realm signs with: two RSA pairs (signing, encryption) and the secret of its refresh tokens. */
export async function newRealmKeys(): Promise<Pick<Realm, 'signingKeys' | 'encryptionKey' | 'hmac'>> {
  const [signingKey, encryptionKey] = await Promise.all([newKey(), newKey()]);
  return {
    signingKeys: [signingKey],
    encryptionKey,
    hmac: { kid: randomUUID(), secret: randomBytes(64).toString('base64url') },
  };
}

const imported = new WeakMap<RealmKey, { privateKey: KeyObject; publicKey: KeyObject }>();

/** Both halves as key objects; imported once a key. */
export function keyObjects(key: RealmKey): { privateKey: KeyObject; publicKey: KeyObject } {
  const known = imported.get(key);
  if (known) return known;
  const privateKey = createPrivateKey({ key: { ...key.privateJwk }, format: 'jwk' });
  const pair = { privateKey, publicKey: createPublicKey(privateKey) };
  imported.set(key, pair);
  return pair;
}

/** The body of `…/certs`: the encryption key first, as Keycloak lists it. */
export function keySet(realm: Realm): { keys: JWK[] } {
  const shown = (key: RealmKey, alg: string, use: string): JWK => {
    const { kty, n, e } = key.privateJwk;
    return { kid: key.kid, kty, alg, use, n, e };
  };
  return {
    keys: [
      shown(realm.encryptionKey, 'RSA-OAEP', 'enc'),
      ...realm.signingKeys.map((key) => shown(key, 'RS256', 'sig')),
    ],
  };
}
