import { z } from 'zod';
import { conflict } from './answers.js';
import type { Realm, User } from './model.js';
import { hashPassword } from './passwords.js';
import { grantClientRoles, grantRealmRoles, newUser } from './realm-factory.js';
import { userByName } from './store.js';

export const credentialDocument = z.strictObject({
  id: z.string().optional(),
  type: z.string().optional(),
  value: z.string().optional(),
  temporary: z.boolean().optional(),
  userLabel: z.string().optional(),
  secretData: z.string().optional(),
  credentialData: z.string().optional(),
});
export type CredentialDocument = z.infer<typeof credentialDocument>;

const userShape = z.strictObject({
  id: z.string(),
  username: z.string(),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
  emailVerified: z.boolean(),
  enabled: z.boolean(),
  requiredActions: z.array(z.string()),
  credentials: z.array(credentialDocument),
  clientRoles: z.record(z.string(), z.array(z.string())),
  realmRoles: z.array(z.string()),
  serviceAccountClientId: z.string(),
  attributes: z.record(z.string(), z.array(z.string())),
  groups: z.array(z.string()),
  totp: z.boolean(),
  createdTimestamp: z.number(),
  disableableCredentialTypes: z.array(z.string()),
  notBefore: z.number(),
  access: z.record(z.string(), z.boolean()),
});
export const userDocument = userShape.partial();
export type UserDocument = z.infer<typeof userDocument>;

const profileFields = ['email', 'firstName', 'lastName', 'emailVerified', 'enabled', 'requiredActions'] as const;

/** Puts a document's fields into a user; what is absent stays. */
export async function changeUser(user: User, given: UserDocument): Promise<void> {
  const own = profileFields.filter((name) => given[name] !== undefined).map((name) => [name, given[name]]);
  Object.assign(user, Object.fromEntries(own));
  for (const credential of given.credentials ?? []) await setCredential(user, credential);
}

/** A password, temporary or not, or a one-time-code secret in Keycloak's export format. */
export async function setCredential(user: User, credential: CredentialDocument): Promise<void> {
  if (credential.type === 'otp' || credential.type === 'totp') {
    const secretData = z.object({ value: z.string() }).parse(JSON.parse(credential.secretData ?? '{}'));
    user.totp = { secret: secretData.value, usedSteps: [] };
  } else if (credential.value !== undefined) {
    user.password = await hashPassword(credential.value);
    if (credential.temporary) user.requiredActions = [...new Set([...user.requiredActions, 'UPDATE_PASSWORD'])];
  }
}

/** Adds a user; roles are those that the document and `roles` name. */
export async function addUser(realm: Realm, given: UserDocument, roles: readonly string[]): Promise<User> {
  const username = given.username ?? '';
  if (userByName(realm, username)) throw conflict('User exists with same username');
  const user = newUser(username, { ...(given.id && { id: given.id }), roles: [...roles] });
  await changeUser(user, given);
  grantClientRoles(realm, user, given.clientRoles ?? {});
  grantRealmRoles(realm, user, given.realmRoles ?? []);
  realm.users.push(user);
  return user;
}
