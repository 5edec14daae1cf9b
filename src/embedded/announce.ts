import type { StandIn } from './keycloak/index.js';

export interface Served {
  /** Where the API answers, without a path. */
  readonly url: string;
  /** Where it listens (HOST). */
  readonly host: string;
  /** Whether a browser finds Apollo Sandbox there. */
  readonly sandbox: boolean;
  /** undefined with a Keycloak of the operator's own, whose accounts are not ours to print. */
  readonly standIn: StandIn | undefined;
}

/** What a newcomer needs next: where everything is, who may log in, and a first query to paste. */
export function welcome({ url, host, sandbox, standIn }: Served): string {
  const graphql = `${url}/graphql`;
  return [
    '',
    `  Tenantry          ${graphql}${sandbox ? '   (open it in a browser for Apollo Sandbox)' : ''}`,
    ...(standIn === undefined ? [] : accounts(standIn, host)),
    '',
    ...(standIn === undefined ? [] : firstQuery(graphql)),
    '  Ctrl-C stops everything; the data is there at the next start.',
    '',
    '',
  ].join('\n');
}

const loopback = /^(localhost|127\.[\d.]+|::1)$/;

function accounts({ url }: StandIn, host: string): string[] {
  return [
    `  Keycloak stand-in ${url}   (realm master)`,
    '',
    '  Accounts          admin, operator, viewer: password demo',
    '                    service account core-component: secret demo, may issue tenant tokens',
    ...(loopback.test(host)
      ? []
      : [`                    everybody knows them, and with HOST=${host} other machines may use them`]),
  ];
}

/** For any shell, with curl and sed alone. */
function firstQuery(graphql: string): string[] {
  const login =
    'mutation { login(input: { user: { username: \\"admin\\", password: \\"demo\\" } }) { session { accessToken } } }';
  const tenants =
    '{ dashboard { totals { total active } tenants(first: 5) { nodes { tenantId name status domain } } } }';
  return [
    '  A first query, to paste into a shell:',
    '',
    `TOKEN=$(curl -s ${graphql} -H 'content-type: application/json' \\`,
    `  -d '{"query":"${login}"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `curl -s ${graphql} -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" \\`,
    `  -d '{"query":"${tenants}"}'; echo`,
    '',
  ];
}
