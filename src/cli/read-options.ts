import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

/**
 * The options of a command, `--help` and `-h` beside its own. Where help is asked for, or an argument is unknown, the
 * usage is printed, the exit code set (2 for wrong usage), and undefined returned.
 */
export function readOptions<Options extends ParseArgsOptionsConfig>(usage: string, options: Options) {
  if (process.argv.includes('--help') || process.argv.includes('-h')) {
    process.stdout.write(usage);
    return undefined;
  }
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : 'Unknown options.'}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}
