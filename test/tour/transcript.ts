import { parse } from 'graphql';

import { ApiClient, type Answer, type FileToSend } from '../support/client.js';
import { withShortTokens } from './volatile.js';

export interface Step {
  readonly title: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly token?: string;
  readonly files?: readonly FileToSend[];
}

/** Asks a running service step by step, and tells what was asked and what came back. */
export class Transcript {
  readonly #client: ApiClient;

  /** @param say takes the transcript, piece by piece */
  constructor(
    readonly url: string,
    readonly say: (text: string) => void,
  ) {
    this.#client = new ApiClient(url);
  }

  /** Sends one operation; the answer is told whatever it is. */
  async ask(step: Step): Promise<Answer> {
    const { title, query, variables = {}, token, files = [] } = step;
    const sent = files.map(
      ({ path, name, bytes }) => `# with the file ${name ?? ''} (${bytes.length} bytes) at ${path}`,
    );
    const document = dedent(query);
    const given = Object.keys(variables).length === 0 ? [] : [`# variables ${json(variables)}`];
    this.say([`### ${title}`, '', document, ...given, ...sent, ''].join('\n'));
    const asking = { ...(token !== undefined && { token }) };
    const answer: Answer =
      files.length === 0
        ? await this.#client.raw(document, variables, asking)
        : await this.#client.upload<Record<string, unknown>, typeof variables>(
            parse(document),
            variables,
            files,
            asking,
          );
    const { status: _status, ...body } = answer;
    this.say(`${withShortTokens(json(body))}\n`);
    return answer;
  }

  /** A note between two steps. */
  note(title: string, value: unknown): void {
    this.say(`### ${title}\n\n${withShortTokens(json(value))}\n`);
  }
}

/** As JSON.stringify, but with small objects and lists on one line. */
export function json(value: unknown, indent = ''): string {
  const flat = onOneLine(value);
  if (typeof value !== 'object' || value === null || (indent + flat).length <= 110) return flat;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = Array.isArray(value)
    ? value.map((member) => json(member, inner))
    : Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${json(member, inner)}`);
  return `${open}\n${members.map((member) => inner + member).join(',\n')}\n${indent}${close}`;
}

function onOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}: ${onOneLine(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** A document without the indentation that it has in a source file. */
function dedent(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const depth = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(depth)).join('\n');
}

/** What stands at a path of an answer's data. */
export function dataAt(answer: Answer, path: string): unknown {
  return path.split('.').reduce<unknown>((value, name) => {
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }, answer.data);
}
