import { parseArgs } from 'node:util';

import { coldTokens, dashboard, deepPage, page, warmToken, type Finding } from './scenarios.js';
import { setStage } from './stage.js';

const usage = `Measures the service against peers and against itself, each pair in turns within one run, and prints ratios.

  npm run bench                      at 10,000 and 100,000 tenants
  npm run bench -- --tenants 1000000 the large database has so many tenants
  npm run bench -- --keycloak        issueTenantToken against a real Keycloak too (KEYCLOAK_HOME, or fetched once)

Servers, load and PostgreSQL share the machine. Only the ratios mean something; a miss is no failure of the command.
`;

const { values } = parseArgs({
  options: {
    tenants: { type: 'string', default: '100000' },
    keycloak: { type: 'boolean', default: process.env['KEYCLOAK_HOME'] !== undefined },
    help: { type: 'boolean', short: 'h' },
  },
});

async function main(): Promise<void> {
  const many = Number(values.tenants);
  const stage = await setStage();
  try {
    const small = await stage.service(10_000);
    await report('page', () => page(stage, small));
    await report('warm token', () => warmToken(stage, small, values.keycloak));
    await report('cold tokens', () => coldTokens(stage, small));
    process.stdout.write(`resident memory after load: ${(await small.usage()).memoryMiB} MiB\n`);
    const large = await stage.service(many);
    const tenants = many.toLocaleString('en');
    await report('dashboard', () => dashboard(small, large, tenants));
    await report('deep page', () => deepPage(large, tenants));
  } finally {
    await stage.stop();
  }
}

async function report(name: string, measure: () => Promise<Finding[]>): Promise<void> {
  process.stderr.write(`measuring: ${name}\n`);
  for (const { work, against, figures, ratio, target } of await measure()) {
    const [relation, bound] = target;
    const isMet = relation === '≥' ? ratio >= bound : relation === '≤' ? ratio <= bound : ratio === bound;
    const cells = [isMet ? 'met   ' : 'missed', work.padEnd(30), `against ${against}`.padEnd(48)];
    const verdict = `${ratio.toFixed(2).padStart(6)}  (target ${relation} ${bound})`;
    process.stdout.write(`${cells.join('  ')}${verdict}  ${figures}\n`);
  }
}

if (values.help) process.stdout.write(usage);
else await main();
