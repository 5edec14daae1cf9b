import { png } from '../support/pictures.js';
import { startOtpManager } from '../support/otp-manager.js';
import { dataAt, Transcript, type Step } from './transcript.js';
import * as steps from './steps.js';

/**
 * The main job, from the first login to the last refusal: a contact centre is onboarded in full, reconfigured, worked
 * for by a core component, looked at, and retired.
 *
 * @param url where the API answers, without a path
 * @param say takes the transcript
 * @throws where an answer is not what it has to be
 */
export async function onboardAndRetire(url: string, say: (text: string) => void): Promise<void> {
  const transcript = new Transcript(url, say);
  const otpManager = await startOtpManager();
  try {
    const tour = new Tour(transcript);
    await tour.logIn();
    await tour.onboard(otpManager.url, await png(240, 80, '#005eb8'));
    await tour.reconfigure(await png(200, 80, '#00a3e0'));
    await tour.work();
    await tour.look();
    await tour.retire();
  } finally {
    await otpManager.stop();
  }
}

class Tour {
  #admin = '';
  #component = '';
  #tenantToken = '';
  #tenantId = '';

  constructor(readonly transcript: Transcript) {}

  async logIn(): Promise<void> {
    const answer = await this.#ask(steps.login);
    this.#admin = text(answer, 'login.session.accessToken');
  }

  async onboard(otpManagerUrl: string, logo: Buffer): Promise<void> {
    this.#tenantId = await this.#freeTenantId();
    const files = [{ path: 'variables.input.logo', bytes: logo, name: 'logo.png', type: 'image/png' }];
    const variables = { input: steps.contactCenter(this.#tenantId, otpManagerUrl) };
    await this.#ask({ ...steps.create, variables, files, token: this.#admin });
  }

  async reconfigure(logo: Buffer): Promise<void> {
    const files = [{ path: 'variables.patch.logo', bytes: logo, name: 'new-logo.png', type: 'image/png' }];
    for (const [title, twoFactor] of steps.twoFactorChanges) {
      await this.#patch(title, { settings: { twoFactor } });
    }
    await this.#patch('Change only the logo', { logo: null }, files);
  }

  async work(): Promise<void> {
    this.#component = text(await this.#ask(steps.componentLogin), 'login.session.accessToken');
    const answer = await this.#ask(this.#aboutTenant(steps.issueToken, this.#component));
    this.#tenantToken = text(answer, 'issueTenantToken.token.accessToken');
    this.transcript.note('What is in it', claimsOf(this.#tenantToken));
    await this.#ask({ ...steps.readOwn, token: this.#tenantToken });
  }

  async look(): Promise<void> {
    await this.#ask({ ...steps.dashboard, token: this.#admin });
  }

  async retire(): Promise<void> {
    await this.#ask(this.#aboutTenant(steps.remove, this.#admin));
    const refused = await this.transcript.ask(this.#aboutTenant(steps.issueAgain, this.#component));
    expectCode(dataAt(refused, 'issueTenantToken.userErrors'), 'TENANT_NOT_OPERATIONAL');
    const dead = await this.transcript.ask({ ...steps.useDeadToken, token: this.#tenantToken });
    expectCode(
      dead.errors?.map(({ extensions }) => extensions),
      'FORBIDDEN',
    );
  }

  async #patch(title: string, patch: object, files?: Step['files']): Promise<void> {
    const step = this.#aboutTenant(steps.patch, this.#admin);
    await this.#ask({ ...step, title, variables: { ...step.variables, patch }, files });
  }

  #aboutTenant(step: Step, token: string): Step {
    return { ...step, token, variables: { ...step.variables, tenant: { tenantId: this.#tenantId } } };
  }

  /** A tenantId is taken for ever: another run on the same data needs another one. */
  async #freeTenantId(): Promise<string> {
    const quiet = new Transcript(this.transcript.url, () => undefined);
    for (let count = 1; ; count++) {
      const by = { tenantId: `tenant${count}` };
      const answer = await quiet.ask({ ...steps.lookUp, variables: { by }, token: this.#admin });
      if (answer.errors) throw new Error(JSON.stringify(answer.errors));
      if (dataAt(answer, 'tenant') === null) return by.tenantId;
    }
  }

  async #ask(step: Step): ReturnType<Transcript['ask']> {
    const answer = await this.transcript.ask(step);
    const faults = Object.values(answer.data ?? {}).flatMap((field) => userErrorsOf(field));
    if (answer.errors || faults.length > 0) throw new Error(`"${step.title}" went wrong; its answer stands above.`);
    return answer;
  }
}

function userErrorsOf(field: unknown): unknown[] {
  const { userErrors = [] } = (field ?? {}) as { userErrors?: unknown[] };
  return userErrors;
}

function text(answer: Awaited<ReturnType<Transcript['ask']>>, path: string): string {
  const value = dataAt(answer, path);
  if (typeof value !== 'string') throw new Error(`There is no ${path} in the answer above.`);
  return value;
}

function expectCode(errors: unknown, code: string): void {
  const codes = Array.isArray(errors) ? errors.map((error) => (error as { code?: unknown }).code) : [];
  if (!codes.includes(code)) throw new Error(`The answer above should have been ${code}.`);
}

/** The claims of a JWT, unverified. */
function claimsOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}
