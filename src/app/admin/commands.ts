import type { Role } from '#accounts/index.ts';
import { Refusal } from '#contract/errors.ts';
import { type DoctorDeps, examine } from './doctor.ts';

/** What the commands work on: the running server's own, or opened for one command where none runs. */
export type AdminHouse = DoctorDeps;

export interface AdminCommand {
  /** What follows the name, as the help shows it. */
  readonly usage: string;
  readonly summary: string;
  /**
   * Resolves with what to print, or with an outcome where not all that was done is well. Throws `UsageError` when words are
   * missing or wrong, `Refusal` when it cannot be done.
   */
  run(house: AdminHouse, args: readonly string[]): Promise<string | AdminOutcome>;
}

/** The words after a command are not what it takes. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const ROLES: readonly Role[] = ['operator', 'member'];
/** Broadcasts that `live` shows. */
const LISTED_MAX = 100;
/** Whoever may read the data folder may do what operators may. */
const atConsole = { id: '', role: 'operator' } as const;

/** What `npm run admin` can do with a house, by name. */
export const commands: Readonly<Record<string, AdminCommand>> = {
  doctor: {
    usage: '',
    summary: 'look for what is wrong with this installation',
    async run(house, args) {
      if (args.length > 0) throw new UsageError();
      return examine(house);
    },
  },
  end: {
    usage: 'BROADCAST',
    summary: 'end a broadcast, by its id as `live` shows it',
    async run({ live }, [id, ...rest]) {
      if (id === undefined || rest.length > 0) throw new UsageError();
      const { title, owner } = await live.end(atConsole, id);
      return `“${title}” by @${owner.handle} is over.`;
    },
  },
  live: {
    usage: '',
    summary: 'list the broadcasts that are on the air, newest first',
    async run({ live }, args) {
      if (args.length > 0) throw new UsageError();
      const { items, nextCursor } = await live.listLive(undefined, LISTED_MAX);
      if (items.length === 0) return 'Nothing is on the air.';
      const lines = items.map(({ id, state, owner, title }) => `${id}  ${state}  @${owner.handle}  ${title}`);
      return [...lines, ...(nextCursor ? ['and more'] : [])].join('\n');
    },
  },
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
    const said = await command.run(house, args);
    return typeof said === 'string' ? { ok: true, text: said } : said;
  } catch (cause) {
    if (cause instanceof UsageError)
      return { ok: false, text: `Usage: npm run admin -- ${name} ${command.usage}`.trimEnd() };
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
