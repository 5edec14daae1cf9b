import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { eventually } from '../support/background.js';
import { look, startReal, type Real } from '../support/model/real.js';
import { StepCommand, type Model } from '../support/model/run.js';
import { shown } from '../support/model/state.js';
import { firstStep, slots, step, type Step } from '../support/model/steps.js';
import { read } from '../support/tenants.js';

/** How many sequences are run, and how many steps each has. */
const runs = 22;
const stepsOfARun = 100;
/** What a failure prints: MODEL_SEED and MODEL_PATH run the very same sequence again. */
const { MODEL_SEED: seed, MODEL_PATH: path } = process.env;

let real: Real;
let count = 0;
beforeAll(async () => {
  real = await startReal();
});
afterAll(() => real.app.stop());

/** A step that is left out is what makes a failing sequence shorter. */
const perhaps = fc.option(step, { nil: undefined, freq: 1_000 });
const sequence: fc.Arbitrary<Step[]> = fc
  .tuple(firstStep(0), firstStep(1), fc.array(perhaps, { minLength: stepsOfARun, maxLength: stepsOfARun, size: 'max' }))
  .map(([first, second, rest]) => [first, second, ...rest.filter((one) => one !== undefined)]);

/** What happened meanwhile must not have touched those that nobody meant, and Keycloak must have followed. */
async function settled({ slots: present, past }: Model): Promise<void> {
  const tenants = [...past, ...present.filter((tenant) => tenant !== undefined)];
  for (const tenant of tenants) {
    const [seen] = await look(real, [tenant.tenantId]);
    expect(seen).toEqual({
      tenant: shown(tenant, real.now()),
      entries: tenant.entries,
      totalCount: tenant.entries.length,
    });
    const { keycloak } = (await eventually(
      () => read(real.app, tenant.tenantId),
      (now) => now?.keycloak.sync.state === 'IN_SYNC',
    ))!;
    const isEnabled = ['TRIAL', 'ACTIVE', 'MAINTENANCE'].includes(tenant.status);
    const managed = isEnabled ? 'ENABLED' : 'DISABLED';
    expect(keycloak.realmState).toBe(tenant.keycloak.origin === 'ADOPTED' ? 'UNMANAGED' : managed);
  }
}

it('any sequence of mutations over several tenants leaves exactly what the contract says', async () => {
  const property = fc.asyncProperty(sequence, async (steps) => {
    const model: Model = { slots: Array.from({ length: slots }, () => undefined), past: [] };
    const commands = steps.map((one) => new StepCommand(one, () => void (count += 1)));
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await settled(model);
  });
  const replayed =
    seed === undefined ? { numRuns: runs } : { numRuns: 1, seed: Number(seed), path, endOnFailure: true };
  const report = await fc.check(property, {
    ...replayed,
    interruptAfterTimeLimit: 240_000,
    markInterruptAsFailure: true,
  });
  if (report.failed) {
    throw new Error(
      `Again: MODEL_SEED=${report.seed} MODEL_PATH=${report.counterexamplePath ?? ''} npm run test:slow -- model\n${fc.defaultReportMessage(report) ?? ''}`,
      { cause: report.errorInstance },
    );
  }
  if (seed === undefined) expect(count).toBeGreaterThanOrEqual(2_000);
});
