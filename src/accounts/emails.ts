import { Refusal } from '#contract/errors.ts';

/**
 * The addresses that better-auth lets sign in (zod's rule). Narrower than RFC 5321, and checked before an account
 * is written: an address that passed here but not there would make an account nobody can enter.
 */
const ADDRESS =
  /^(?!\.)(?!.*\.\.)[A-Za-z0-9_'+\-.]*[A-Za-z0-9_+-]@(?:[A-Za-z0-9][A-Za-z0-9-]*\.)+[A-Za-z]{2,}$/;

/** The address as it is stored and compared: addresses that differ in case only are one. */
export function normalEmail(email: string): string {
  if (!ADDRESS.test(email))
    throw new Refusal('invalid-request', 'email must be an address like name@example.org.');
  return email.toLowerCase();
}

/** Names that no mail reaches, ever (RFC 2606 section 2). */
const RESERVED_TOPS: ReadonlySet<string> = new Set(['invalid', 'localhost', 'test', 'example']);

/** Refuses a new account at an address that can be nobody's. `email` is as `normalEmail` gives it. */
export function refuseReservedEmail(email: string): void {
  const top = email.slice(email.lastIndexOf('.') + 1);
  if (RESERVED_TOPS.has(top))
    throw new Refusal(
      'invalid-request',
      `email must be an address that mail can reach: none ends with .${top}.`,
    );
}
