import type { Administration } from './administration.js';

/** One run of the set-up: with whom it works, and what it says and does. */
export interface SetupRun {
  readonly admin: Administration;
  /** Says what is to change and does it; a dry run only says it. */
  change(what: string, work: () => Promise<void>): Promise<void>;
  /** Says what the operator may want to know. */
  readonly note: (line: string) => void;
  /** A secret that was made, under the name of its setting; not called by a dry run. */
  keepSecret(setting: string, secret: string): void;
}
