import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What is wrong with an access token that the stand-in lies about. */
export type TokenLie =
  | 'wrong-issuer'
  | 'wrong-audience'
  | 'wrong-typ'
  | 'wrong-azp'
  | 'expired'
  | 'other-key'
  | 'oversize'
  | 'no-sub'
  | 'with-sid';

export interface FaultRule {
  /** A text within the path, or a pattern that it matches. */
  match: RegExp | string;
  /** Only requests of this method. */
  method?: string;
  /** slow: answers `ms` later; late: works `ms` later, whether or not the caller still waits; status: answers `status`; silent: never answers; cut: drops the connection; lie: a wrong token. */
  kind: 'slow' | 'late' | 'status' | 'silent' | 'cut' | 'lie';
  ms?: number;
  status?: number;
  /** For `status`: the body and headers that go with it. */
  body?: string | Record<string, unknown>;
  headers?: Record<string, string>;
  lie?: TokenLie;
  /** How many requests it meets; without it, all until `clear`. */
  times?: number;
  /** after: the work is done, and only then goes wrong, so that the caller cannot know. */
  mode?: 'before' | 'after';
}

export interface FaultControl {
  set(rule: FaultRule): void;
  clear(): void;
  /** How many requests came in for a path (and method) since the start or `clearRequests`. */
  requests(match: RegExp | string, method?: string): number;
  clearRequests(): void;
}

const rememberedRequests = 10_000;

/** Milliseconds: the longest that a timer can wait, some 25 days. */
const longest = 2 ** 31 - 1;

const matches = (match: RegExp | string, path: string): boolean =>
  typeof match === 'string'
    ? path.includes(match)
    : new RegExp(match.source, match.flags.replace(/[gy]/g, '')).test(path);

export class Faults implements FaultControl {
  #rules: FaultRule[] = [];
  #requests: { method: string; path: string }[] = [];

  set(rule: FaultRule): void {
    this.#rules.push({ ...rule });
  }

  clear(): void {
    this.#rules = [];
  }

  requests(match: RegExp | string, method?: string): number {
    return this.#requests.filter((one) => (!method || one.method === method) && matches(match, one.path)).length;
  }

  clearRequests(): void {
    this.#requests = [];
  }

  note(method: string, path: string): void {
    this.#requests.push({ method, path });
    if (this.#requests.length > rememberedRequests) this.#requests.shift();
  }

  /** The oldest rule that fits, counted as used. */
  take(request: FastifyRequest, mode: 'before' | 'after' | 'late' | 'lie'): FaultRule | undefined {
    const path = pathOf(request);
    const index = this.#rules.findIndex(
      (rule) =>
        (rule.kind === 'lie' || rule.kind === 'late' ? rule.kind : (rule.mode ?? 'before')) === mode &&
        (!rule.method || rule.method === request.method) &&
        matches(rule.match, path),
    );
    const rule = this.#rules[index];
    if (rule?.times !== undefined && (rule.times -= 1) <= 0) this.#rules.splice(index, 1);
    return rule;
  }
}

const pathOf = (request: FastifyRequest): string => request.url.split('?', 1)[0] ?? '';

/** Lets the rules loose on every request; the returned function wakes what is kept waiting, for a quick stop. */
export function applyFaults(app: FastifyInstance, faults: Faults): () => void {
  const stopped = new AbortController();
  app.addHook('onRequest', async (request, reply) => {
    faults.note(request.method, pathOf(request));
    const rule = faults.take(request, 'before');
    if (!rule || (await misbehave(rule, reply, stopped.signal))) return;
    if (rule.kind === 'status')
      return reply
        .code(rule.status ?? 500)
        .headers(rule.headers ?? {})
        .send(rule.body ?? '');
  });
  app.addHook('preHandler', async (request) => {
    const rule = faults.take(request, 'late');
    if (rule) await waitFor(rule.ms ?? 1000, stopped.signal);
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const rule = faults.take(request, 'after');
    if (!rule || (await misbehave(rule, reply, stopped.signal))) return payload;
    if (rule.kind !== 'status') return payload;
    reply.code(rule.status ?? 500).headers(rule.headers ?? {});
    return typeof rule.body === 'object' ? JSON.stringify(rule.body) : (rule.body ?? '');
  });
  return () => stopped.abort();
}

/** Delays, hangs or cuts; true where the request has been seen to. */
async function misbehave(rule: FaultRule, reply: FastifyReply, stopped: AbortSignal): Promise<boolean> {
  if (rule.kind === 'status') return false;
  if (rule.kind === 'slow') await waitFor(rule.ms ?? 1000, stopped);
  if (rule.kind === 'silent') await waitFor(longest, stopped);
  if (rule.kind !== 'slow') reply.hijack().raw.destroy();
  return true;
}

const waitFor = (ms: number, stopped: AbortSignal): Promise<void> =>
  setTimeout(ms, undefined, { signal: stopped }).catch(() => undefined);
