import { Client } from 'undici';

/** One HTTP request, sent over and over. */
export interface Shot {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const connections = 16;

/** Requests a second that are answered, over 16 connections that each wait for their answer. */
export async function rate(shot: Shot, seconds: number): Promise<number> {
  const start = performance.now();
  const end = start + seconds * 1_000;
  let answered = 0;
  await overConnections(connections, shot, async (send) => {
    while (performance.now() < end) {
      await send();
      answered += 1;
    }
  });
  return (answered / (performance.now() - start)) * 1_000;
}

/** Milliseconds that each of so many requests takes, one after the other. */
export async function latencies(shot: Shot, count: number): Promise<number[]> {
  const took: number[] = [];
  await overConnections(1, shot, async (send) => {
    for (let sent = 0; sent < count; sent += 1) {
      const start = performance.now();
      await send();
      took.push(performance.now() - start);
    }
  });
  return took;
}

/** Sends one request on each of so many connections at once; returns the answers. */
export async function volley(shot: Shot, count: number): Promise<string[]> {
  const answers: string[] = [];
  await overConnections(count, shot, async (send) => void answers.push(await send()));
  return answers;
}

async function overConnections(
  count: number,
  shot: Shot,
  work: (send: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const clients = Array.from({ length: count }, () => new Client(shot.url));
  try {
    await Promise.all(clients.map((client) => work(() => sendOn(client, shot))));
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}

async function sendOn(client: Client, { path, headers, body }: Shot): Promise<string> {
  const answer = await client.request({ path, method: 'POST', headers, body });
  const text = await answer.body.text();
  const isWrong = answer.statusCode !== 200 || text.includes('"errors"') || text.includes('"userErrors":[{');
  if (isWrong) throw new Error(`${answer.statusCode} ${text.slice(0, 500)}`);
  return text;
}

export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export interface Contestant {
  readonly name: string;
  /** Made anew for each round: tokens do not live long. */
  readonly shot: () => Promise<Shot>;
}

export interface Standing {
  readonly name: string;
  /** Requests a second, the median of the rounds. */
  readonly rate: number;
  /** How many times the rate of the first contestant is this one's, the median over the rounds. */
  readonly ofFirst: number;
}

/**
 * Rates of several servers, taken in turns, so that whatever else the machine does meets all of them alike.
 *
 * @param roundSeconds of each contestant in each round, after as much again of warming up in the first
 */
export async function compare(contestants: readonly Contestant[], rounds = 5, roundSeconds = 3): Promise<Standing[]> {
  const rates = contestants.map((): number[] => []);
  for (const { shot } of contestants) await rate(await shot(), roundSeconds);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, { shot }] of contestants.entries()) {
      rates[index]?.push(await rate(await shot(), roundSeconds));
    }
  }
  return contestants.map(({ name }, index) => {
    const own = rates[index] ?? [];
    return { name, rate: median(own), ofFirst: median(own.map((it, round) => it / (rates[0]?.[round] ?? it))) };
  });
}
