import { ApiClient, type Answer } from '../support/client.js';
import { dataAt } from '../tour/transcript.js';
import { withShortSecrets, withShortTokens } from '../tour/volatile.js';

/** Whose token goes along, and how the transcript calls them. */
export interface Caller {
  readonly name: string;
  readonly token?: string;
}

/** The transcript of the README's section about connecting a Keycloak, as it comes about. */
export class KeycloakTranscript {
  readonly #said: string[] = [];

  /** @param shown what stands in the README for what is at hand here, such as addresses */
  constructor(readonly shown: ReadonlyMap<string, string>) {}

  /** A command, and what it printed. */
  command(command: string, printed: string): void {
    this.#said.push(`$ ${command}\n${printed}`.trimEnd());
  }

  note(note: string, value: unknown): void {
    this.#said.push(`# ${note}\n${JSON.stringify(value)}`);
  }

  /** Sends an operation; the answer is told whatever it is. */
  async ask(url: string, { name, token }: Caller, query: string): Promise<Answer> {
    const answer = await new ApiClient(url).raw(query, {}, { ...(token !== undefined && { token }) });
    const { status: _status, ...body } = answer;
    this.#said.push(`[${name}] ${query}\n${JSON.stringify(body)}`);
    return answer;
  }

  /** Another one, for what is not to be told in this one. */
  aside(): KeycloakTranscript {
    return new KeycloakTranscript(this.shown);
  }

  text(): string {
    let text = this.#said.join('\n\n');
    for (const [here, there] of this.shown) text = text.replaceAll(here, there);
    return withShortSecrets(withShortTokens(text));
  }
}

/** A text of an answer that must be there. */
export function textAt(answer: Answer, path: string): string {
  const found = dataAt(answer, path);
  if (typeof found !== 'string') throw new Error(`No ${path} in ${JSON.stringify(answer)}`);
  return found;
}
