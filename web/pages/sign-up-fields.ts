import type { ApiProblem } from '../net/api.ts';

export interface SignUpFields {
  readonly displayName: string;
  readonly handle: string;
  readonly email: string;
  readonly password: string;
}

const PASSWORD_MIN = 8;

/** What can be said about the fields before the server sees them, as a sentence for each that is wrong. */
export function wrongIn(fields: SignUpFields): Partial<SignUpFields> {
  const wrong: { -readonly [Name in keyof SignUpFields]?: string } = {};
  if (fields.handle.length < 2) wrong.handle = 'Choose a handle of at least 2 characters.';
  else if (!/^[a-z0-9_]*$/.test(fields.handle))
    wrong.handle = 'Only small letters, digits and _ fit in a handle.';
  if (!/^\S+@\S+\.\S+$/.test(fields.email)) wrong.email = 'Write an email address, such as ada@example.org.';
  if (fields.password.length < PASSWORD_MIN) wrong.password = `Choose at least ${PASSWORD_MIN} characters.`;
  return wrong;
}

/** The fields that a refusal of the server is about. */
export function fieldErrorsFrom({ code, message, advice }: ApiProblem): Partial<SignUpFields> {
  const sentence = `${message.replace(/[.]?$/, '.')} ${advice}`;
  if (code === 'handle-taken' || code === 'handle-reserved') return { handle: sentence };
  if (code === 'email-taken') return { email: sentence };
  if (code === 'password-weak') return { password: sentence };
  if (code !== 'invalid-request') return {};
  const names = ['handle', 'email', 'password', 'displayName'] as const;
  const named = names.find(name => new RegExp(`\\b${name}\\b`).test(message));
  return named ? { [named]: message } : {};
}
