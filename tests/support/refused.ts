import { type ErrorCode, Refusal } from '#contract/errors.ts';

/** For `assert.rejects`: whether it was refused with that code. */
export function refused(code: ErrorCode): (error: unknown) => boolean {
  return error => error instanceof Refusal && error.code === code;
}
