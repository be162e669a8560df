/** Our own bug. Ends the broadcast or the process loudly; never caught to go on. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States what must be true here. Bad input is a refusal, never an assertion. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** Closes a switch over a union: the compiler proves that it cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`);
}
