import { requestErrorCodes, userErrorCodes } from '../../src/errors.js';
import { permissionsByRole, roleByClientRole } from '../../src/modules/identity/permission.rules.js';
import { statusAfter, tenantStatuses, tenantTransitions } from '../../src/modules/tenant/lifecycle.rules.js';
import { dependencyTable } from './dependencies.js';

/** Codes of top-level errors that come from GraphQL itself or from a defect. */
const otherCodes = {
  GRAPHQL_PARSE_FAILED: 'The document is no GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema, or is over a limit (then with HTTP status 400).',
  BAD_REQUEST: 'No GraphQL request: a missing preflight header, broken JSON, a body that is too large.',
  INTERNAL_SERVER_ERROR: 'A defect; extensions.requestId leads to it in the log.',
};

/** The README's tables that are made from the code, by the name of their block. */
export const tables: Readonly<Record<string, () => string>> = {
  errors: () =>
    [
      codeTable('in `userErrors`', userErrorCodes),
      '',
      codeTable('top-level', { ...requestErrorCodes, ...otherCodes }),
    ].join('\n'),
  roles: roleTable,
  lifecycle: lifecycleTable,
  dependencies: dependencyTable,
};

function codeTable(title: string, codes: Readonly<Record<string, string>>): string {
  const rows = Object.entries(codes).map(([code, meaning]) => `| \`${code}\` | ${meaning} |`);
  return [`| ${title} | meaning |`, '|---|---|', ...rows].join('\n');
}

function roleTable(): string {
  const rows = Object.entries(permissionsByRole).map(([role, permissions]) => {
    const [clientRole] = Object.entries(roleByClientRole).find(([, named]) => named === role) ?? [];
    const whose = clientRole === undefined ? 'a token issued for a tenant' : `\`${clientRole}\``;
    return `| \`${role}\` | ${whose} | ${permissions.join(', ')} |`;
  });
  return ['| role | in Keycloak | may |', '|---|---|---|', ...rows].join('\n');
}

function lifecycleTable(): string {
  const rows = tenantStatuses.map((status) => {
    const cells = tenantTransitions.map((transition) => {
      const ends = [false, true].map((isTrial) => statusAfter(status, transition, isTrial));
      return [...new Set(ends)].map((end) => end ?? '–').join(' or ');
    });
    return `| ${status} | ${cells.join(' | ')} |`;
  });
  return [
    `| from \\ action | ${tenantTransitions.join(' | ')} |`,
    `|---${'|---'.repeat(tenantTransitions.length)}|`,
    ...rows,
  ].join('\n');
}
