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
