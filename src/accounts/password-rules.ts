import { Refusal } from '#contract/errors.ts';
import { commonPasswords } from './common-passwords.ts';

const common: ReadonlySet<string> = new Set(commonPasswords.trim().split(/\s/));

/** Whose password it is to be: what everybody can read off them is no secret. */
export interface Owner {
  readonly handle: string;
  readonly email: string;
}

/** Refuses with `password-weak` what a guesser tries first. How long it must be is said by the contract. */
export function refuseWeak(password: string, { handle, email }: Owner): void {
  const plain = password.normalize('NFKC').trim().toLowerCase();
  if (common.has(plain)) throw new Refusal('password-weak', 'That is one of the most common passwords.');
  const bare = lettersOf(plain);
  const names = [handle, email, email.split('@', 1)[0]!].map(lettersOf);
  if (bare === '' || names.some(name => name !== '' && isMadeOf(bare, name)))
    throw new Refusal('password-weak', 'Your password must not be your handle or your address.');
}

/** Letters and digits alone: `ada_l`, `ada.l` and `@ada-l!` are one to a guesser. */
const lettersOf = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/** The name itself, twice or more over, or with a few digits behind it. */
function isMadeOf(password: string, name: string): boolean {
  let at = 0;
  while (password.startsWith(name, at)) at += name.length;
  return at > 0 && /^\d{0,4}$/.test(password.slice(at));
}
