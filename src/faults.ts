import { UserFault, type UserErrorCode, type UserErrorData } from './errors.js';

/** Enough to mend an input by; what a hostile one has would fill the memory. */
const maxFaults = 500;

/** Collects the faults of one input, so that all of them come back together. */
export class Faults {
  readonly #errors: UserErrorData[] = [];

  /**
   * Notes one fault; `path` is the argument path to the field.
   *
   * @throws UserFault once there are more than anybody reads
   */
  add(code: UserErrorCode, path: readonly string[], message: string): void {
    this.#errors.push({ code, path, message });
    if (this.#errors.length >= maxFaults) this.throwIfAny();
  }

  /** Whether a fault was noted at this path, or below it. */
  has(path: readonly string[]): boolean {
    return this.#errors.some((error) => path.every((step, index) => error.path[index] === step));
  }

  get any(): boolean {
    return this.#errors.length > 0;
  }

  /** @throws UserFault with everything that was noted, where there is anything */
  throwIfAny(): void {
    if (this.any) throw new UserFault(this.#errors);
  }
}
