/** What goes on after a request was answered. */
export interface Jobs {
  /** @throws where the database cannot be worked with */
  start(): Promise<void>;
  /**
   * Makes Keycloak follow a tenant's status, soon and until it has. Never throws: where the job cannot be noted, the
   * tenant's row still says that something is to be done, and the next sweep finds it.
   */
  syncRealm(id: string): void;
  /** Has realms that are missing by name looked for, soon. Never throws: the next minute looks anyway. */
  lookForRealms(): void;
  /** `down` while the queues cannot be read. */
  health(): 'up' | 'down';
  /** Takes no further job and lets the running ones end; what is not done after the grace is tried again later. */
  stop(graceMs: number): Promise<void>;
}
