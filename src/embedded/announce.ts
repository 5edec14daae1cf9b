import type { StandIn } from './keycloak/index.js';

/** What a newcomer needs next: where everything is, who may log in, and a first query to paste. */
export function welcome(url: string, standIn: StandIn | undefined): string {
  const graphql = `${url}/graphql`;
  const keycloak = standIn === undefined ? [] : accounts(standIn);
  return [
    '',
    `  Tenantry          ${graphql}   (open it in a browser for Apollo Sandbox)`,
    ...keycloak,
    '',
    '  A first query, to paste into a shell:',
    '',
    ...firstQuery(graphql),
    '',
    '  Ctrl-C stops everything; the data is there at the next start.',
    '',
    '',
  ].join('\n');
}

function accounts({ url }: StandIn): string[] {
  return [
    `  Keycloak stand-in ${url}   (realm master)`,
    '',
    '  Accounts          admin, operator, viewer: password demo',
    '                    service account core-component: secret demo, may issue tenant tokens',
  ];
}

function firstQuery(graphql: string): string[] {
  const login =
    'mutation { login(input: { user: { username: \\"admin\\", password: \\"demo\\" } }) { session { accessToken } } }';
  const tenants =
    '{ dashboard { totals { total active } tenants(first: 5) { nodes { tenantId name status domain } } } }';
  return [
    `TOKEN=$(curl -s ${graphql} -H 'content-type: application/json' \\`,
    `  -d '{"query":"${login}"}' | sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')`,
    `curl -s ${graphql} -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" \\`,
    `  -d '{"query":"${tenants}"}'`,
  ];
}
