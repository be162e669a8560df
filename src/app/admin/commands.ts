import type { Accounts, Role } from '#accounts/index.ts';
import { Refusal } from '#contract/errors.ts';
import type { Live } from '#live/index.ts';

/** What the commands work on: the running server's own, or opened for one command where none runs. */
export interface AdminHouse {
  readonly accounts: Accounts;
  readonly live: Live;
}

export interface AdminCommand {
  /** What follows the name, as the help shows it. */
  readonly usage: string;
  readonly summary: string;
  /** Resolves with what to print. Throws `UsageError` when words are missing or wrong, `Refusal` when it cannot be done. */
  run(house: AdminHouse, args: readonly string[]): Promise<string>;
}

/** The words after a command are not what it takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const ROLES: readonly Role[] = ['operator', 'member'];

/** What `npm run admin` can do with a house, by name. */
export const commands: Readonly<Record<string, AdminCommand>> = {
  'reset-password': {
    usage: 'HANDLE',
    summary: 'give an account a new password and sign it out everywhere',
    async run({ accounts }, [handle, ...rest]) {
      if (handle === undefined || rest.length > 0) throw new UsageError();
      const password = await accounts.resetPassword(handle.replace(/^@/, ''));
      return `The password of @${handle.replace(/^@/, '')} is now: ${password}\nIt is signed out everywhere. Change it in the settings after signing in.`;
    },
  },
  role: {
    usage: `HANDLE ${ROLES.join('|')}`,
    summary: 'make an account the operator, or a member again',
    async run({ accounts }, [handle, role, ...rest]) {
      if (handle === undefined || !isRole(role) || rest.length > 0) throw new UsageError();
      await accounts.setRole(handle, role);
      return `@${handle} is ${role === 'operator' ? 'an operator' : 'a member'} now.`;
    },
  },
};

/** Runs one command; its outcome is the same from the socket and without a server. */
export async function runCommand(house: AdminHouse, words: readonly string[]): Promise<AdminOutcome> {
  const [name = '', ...args] = words;
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) return { ok: false, text: help() };
  try {
    return { ok: true, text: await command.run(house, args) };
  } catch (cause) {
    if (cause instanceof UsageError)
      return { ok: false, text: `Usage: npm run admin -- ${name} ${command.usage}` };
    if (cause instanceof Refusal) return { ok: false, text: cause.message };
    throw cause;
  }
}

export interface AdminOutcome {
  readonly ok: boolean;
  /** For a person to read. */
  readonly text: string;
}

/** Every command in a line. */
export function help(): string {
  const lines = Object.entries(commands).map(([name, { usage, summary }]) => [
    `${name} ${usage}`.trim(),
    summary,
  ]);
  const width = Math.max(...lines.map(([left]) => left!.length));
  return [
    'Usage: npm run admin -- COMMAND',
    ...lines.map(([left, right]) => `  ${left!.padEnd(width)}  ${right}`),
  ].join('\n');
}

function isRole(word: string | undefined): word is Role {
  return ROLES.includes(word as Role);
}
