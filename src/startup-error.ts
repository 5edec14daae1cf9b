/** A start that cannot go on; the message is what the operator reads, without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
