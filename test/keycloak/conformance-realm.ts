import { randomUUID } from 'node:crypto';
import { admin, administratorToken, madeId, post, tokensOf, type Provider } from './provider.js';

/** Characters whose bytes are the one-time-code secret of the user `coded`. */
export const totpSecret = 'conformance-secret-1';

export const person = (username: string, more: Readonly<Record<string, unknown>> = {}) => ({
  username,
  email: `${username}@example.com`,
  firstName: 'First',
  lastName: username,
  enabled: true,
  credentials: [{ type: 'password', value: 'right' }],
  ...more,
});

const codedCredentials = [
  { type: 'password', value: 'right' },
  {
    type: 'otp',
    secretData: JSON.stringify({ value: totpSecret }),
    credentialData: JSON.stringify({ subType: 'totp', digits: 6, counter: 0, period: 30, algorithm: 'HmacSHA1' }),
  },
];

const mapper = (name: string, protocolMapper: string, config: Readonly<Record<string, string>>) => ({
  name,
  protocol: 'openid-connect',
  protocolMapper,
  config: { 'access.token.claim': 'true', ...config },
});

/** A realm with everything that the suite looks at, made by one document. */
export const realmDocument = (id: string, realm: string) => ({
  id,
  realm,
  enabled: true,
  accessTokenLifespan: 300,
  attributes: { madeBy: 'conformance' },
  clients: [
    {
      clientId: 'cx-core',
      secret: 'core-secret',
      publicClient: false,
      standardFlowEnabled: false,
      serviceAccountsEnabled: true,
      protocolMappers: [
        mapper('tenant_id', 'oidc-hardcoded-claim-mapper', {
          'claim.name': 'tenant_id',
          'claim.value': 'tenant1',
          'jsonType.label': 'String',
        }),
        mapper('audience', 'oidc-audience-mapper', { 'included.custom.audience': 'tenantry' }),
      ],
    },
    {
      clientId: 'login',
      secret: 'login-secret',
      standardFlowEnabled: false,
      directAccessGrantsEnabled: true,
      fullScopeAllowed: false,
      attributes: { 'access.token.lifespan': '120' },
      protocolMappers: [mapper('audience', 'oidc-audience-mapper', { 'included.client.audience': 'login' })],
    },
    {
      clientId: 'lasting',
      secret: 'lasting-secret',
      serviceAccountsEnabled: true,
      attributes: { 'client_credentials.use_refresh_token': 'true' },
    },
    { clientId: 'open', secret: 'open-secret', directAccessGrantsEnabled: true },
  ],
  roles: { client: { login: [{ name: 'own' }], open: [{ name: 'mapped' }, { name: 'unmapped' }] } },
  users: [
    person('plain', { clientRoles: { login: ['own'], open: ['mapped', 'unmapped'] } }),
    person('coded', { credentials: codedCredentials }),
    person('disabled', { enabled: false }),
    person('pending', { requiredActions: ['UPDATE_PASSWORD'] }),
    person('imported', { credentials: [{ type: 'password', value: 'right', temporary: true }] }),
  ],
});

export interface Fixture {
  id: string;
  realm: string;
  /** clientId and secret of a service account that may make realms and has made this one. */
  maker: { clientId: string; secret: string };
  /** Its token, minted before the realm was made. */
  earlierToken: string;
  /** Takes away all that was made. */
  remove(): Promise<void>;
}

/** Makes a service account with the role create-realm, and through it the realm. */
export async function makeFixture(provider: Provider): Promise<Fixture> {
  const { url } = provider;
  const token = await administratorToken(provider);
  const maker = { clientId: `maker-${randomUUID().slice(0, 8)}`, secret: randomUUID() };
  const client = {
    ...maker,
    standardFlowEnabled: false,
    serviceAccountsEnabled: true,
    attributes: { 'client.use.lightweight.access.token.enabled': 'true' },
  };
  const clientUuid = madeId(await admin(url, token, 'POST', '/master/clients', client));
  const account = await admin(url, token, 'GET', `/master/clients/${clientUuid}/service-account-user`);
  const { id: accountId } = account.body as { id: string };
  const role = (await admin(url, token, 'GET', '/master/roles/create-realm')).body;
  await admin(url, token, 'POST', `/master/users/${accountId}/role-mappings/realm`, [role]);
  const earlierToken = await makerToken(provider, maker);
  const id = randomUUID();
  const realm = `conformance-${id.slice(0, 8)}`;
  const made = await admin(url, earlierToken, 'POST', '', realmDocument(id, realm));
  if (made.status !== 201) throw new Error(`The realm was not made: ${made.status} ${JSON.stringify(made.body)}`);
  const remove = async (): Promise<void> => {
    const last = await administratorToken(provider);
    await admin(url, last, 'DELETE', `/${realm}`);
    await admin(url, last, 'DELETE', `/master/clients/${clientUuid}`);
  };
  return { id, realm, maker, earlierToken, remove };
}

export async function makerToken({ url }: Provider, { clientId, secret }: Fixture['maker']): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
  return tokensOf(await post(url, 'master', 'token', form)).access_token;
}

/** What the rows of the suite share; read it inside a test, not before. */
export interface Suite {
  readonly provider: Provider;
  readonly fixture: Fixture;
}
