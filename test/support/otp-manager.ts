import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the OTP manager behaves: an HTTP status, a redirect to another address, no answer at all, or a dropped connection. */
export type OtpManagerMood = number | { readonly redirectTo: string } | 'silent' | 'cut';

/** A small HTTP service in the place of an OTP manager. */
export interface OtpManagerStandIn {
  /** Its address, ending in a slash. */
  readonly url: string;
  /** Method and path of every request so far, such as `GET /`. */
  readonly requests: readonly string[];
  /** From now on; 200 at first. */
  behave(mood: OtpManagerMood): void;
  /** Back to 200, with nothing counted. */
  reset(): void;
  stop(): Promise<void>;
}

/** Starts it on a free port of the loopback interface. */
export async function startOtpManager(): Promise<OtpManagerStandIn> {
  const requests: string[] = [];
  let mood: OtpManagerMood = 200;
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    answer(response, mood);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    requests,
    behave: (next) => void (mood = next),
    reset: () => {
      mood = 200;
      requests.length = 0;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, mood: OtpManagerMood): void {
  if (mood === 'silent') return;
  if (mood === 'cut') response.destroy();
  else if (typeof mood === 'number') response.writeHead(mood).end('{}');
  else response.writeHead(302, { location: mood.redirectTo }).end();
}
