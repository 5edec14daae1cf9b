import { once } from 'node:events';

/**
 * The inner side of child.ts: serves with the options that it is given until it is told to stop. These files are plain
 * JavaScript, so that what is measured is the compiled service as Node.js runs it, without a loader that rewrites it.
 *
 * @param {(options: object) => Promise<{ url: string, stop: () => Promise<void> }>} start
 */
export async function serve(start) {
  const [options] = await once(process, 'message');
  const { url, stop } = await start(options);
  process.on('message', (message) => {
    if (message === 'usage') {
      const { user, system } = process.cpuUsage();
      process.send({ cpuMicroseconds: user + system, memoryMiB: Math.round(process.memoryUsage().rss / 1_048_576) });
    }
    if (message === 'stop') void stop().then(() => process.disconnect());
  });
  process.send(url);
}

/**
 * A module of the compiled service.
 *
 * @param {string} path below `src/`, without an ending
 */
export async function compiled(path) {
  return await import(new URL(`../../dist/src/${path}.js`, import.meta.url).href);
}
