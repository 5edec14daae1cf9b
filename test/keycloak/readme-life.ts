import { decodeJwt } from 'jose';

import { eventually } from '../support/background.js';
import { dataAt } from '../tour/transcript.js';
import { post } from './provider.js';
import { textAt, type Caller, type KeycloakTranscript } from './readme-transcript.js';

/** Where a tenant's life is lived. */
export interface Place {
  /** Of the service, without a path. */
  readonly url: string;
  readonly keycloakUrl: string;
  /** The secret of the tenant's client, as Keycloak's administrator sees it. */
  readonly clientSecret: () => Promise<string>;
  readonly transcript: KeycloakTranscript;
}

const anyone: Caller = { name: 'anyone' };

/** From the first logins with the accounts that the README makes to what is left of a deleted tenant. */
export async function liveATenantsLife(place: Place): Promise<void> {
  const { url, transcript } = place;
  const olga = await logIn(place, 'olga', 'user: { username: "olga", password: "choose-another" }');
  const component = await logIn(
    place,
    'core-component',
    'client: { clientId: "core-component", clientSecret: "component-secret" }',
  );
  await transcript.ask(
    url,
    olga,
    'mutation { createTenant(input: { tenantId: "tenant1", name: "First Bank", keycloak: { realm: { provision: {} } }, ' +
      'twoFactor: { disabled: {} } }) { tenant { id status keycloak { origin issuer realmState sync { state } } } ' +
      'userErrors { code path } } }',
  );
  const first = await tenantsToken(place, component, 'first');
  const { iss, aud, azp, typ, tenant_id, exp = 0, iat = 0 } = decodeJwt(first.token ?? '');
  const claims = { iss, aud, azp, typ, tenant_id, exp: exp - iat };
  transcript.note('the token, decoded (exp here: seconds that it lives)', claims);
  await transcript.ask(url, first, '{ currentTenant { tenantId name status } }');
  await suspendAndReactivate(place, olga, component, first);
  const second = await tenantsToken(place, component, 'second');
  await transcript.ask(url, first, '{ currentTenant { tenantId } }');
  await transcript.ask(url, second, '{ currentTenant { tenantId } }');
  await transcript.ask(
    url,
    olga,
    'mutation { deleteTenant(tenant: { tenantId: "tenant1" }, reason: "contract ended") { tenant { status } ' +
      'userErrors { code } } }',
  );
  await transcript.ask(url, second, '{ currentTenant { tenantId } }');
  await disabled(place, olga);
  await refusal(place);
}

async function suspendAndReactivate(place: Place, olga: Caller, component: Caller, first: Caller): Promise<void> {
  const { url, transcript } = place;
  await transcript.ask(
    url,
    olga,
    'mutation { suspendTenant(tenant: { tenantId: "tenant1" }, reason: "unpaid") { tenant { status } tokensValidUntil ' +
      'userErrors { code } } }',
  );
  await transcript.ask(url, first, '{ currentTenant { tenantId } }');
  await disabled(place, olga);
  await refusal(place);
  const issue =
    'mutation { issueTenantToken(tenant: { tenantId: "tenant1" }) { token { issuer } userErrors { code } } }';
  await transcript.ask(url, component, issue);
  await transcript.ask(
    url,
    olga,
    'mutation { reactivateTenant(tenant: { tenantId: "tenant1" }) { tenant { status } userErrors { code } } }',
  );
}

async function logIn({ url, transcript }: Place, name: string, input: string): Promise<Caller> {
  const answer = await transcript.ask(
    url,
    anyone,
    `mutation { login(input: { ${input} }) { session { accessToken viewer { username roles } } userErrors { code } } }`,
  );
  return { name, token: textAt(answer, 'login.session.accessToken') };
}

async function tenantsToken({ url, transcript }: Place, by: Caller, which: string): Promise<Caller> {
  const answer = await transcript.ask(
    url,
    by,
    'mutation { issueTenantToken(tenant: { tenantId: "tenant1" }) { token { accessToken issuer domain expiresAt } ' +
      'userErrors { code } } }',
  );
  return { name: `tenant1, by its ${which} token`, token: textAt(answer, 'issueTenantToken.token.accessToken') };
}

/** Keycloak follows in the background: only what is seen at the end is told. */
async function disabled({ url, transcript }: Place, olga: Caller): Promise<void> {
  const query = '{ tenant(by: { tenantId: "tenant1" }) { keycloak { realmState sync { state } } } }';
  const untold = transcript.aside();
  const isThere = (answer: Awaited<ReturnType<typeof untold.ask>>): boolean =>
    dataAt(answer, 'tenant.keycloak.sync.state') === 'IN_SYNC';
  await eventually(() => untold.ask(url, olga, query), isThere);
  await transcript.ask(url, olga, query);
}

/** Keycloak's own answer to the tenant's client. */
async function refusal({ keycloakUrl, clientSecret, transcript }: Place): Promise<void> {
  const client = { client_id: 'cx-core', client_secret: await clientSecret() };
  const answer = await post(keycloakUrl, 'tenant1', 'token', { grant_type: 'client_credentials', ...client });
  transcript.command(
    `curl -w ' HTTP %{http_code}' ${keycloakUrl}/realms/tenant1/protocol/openid-connect/token ` +
      '-d grant_type=client_credentials -d client_id=cx-core -d client_secret=…',
    `${JSON.stringify(answer.body)} HTTP ${answer.status}`,
  );
}
