import { lstat, statfs } from 'node:fs/promises';
import type { Accounts } from '#accounts/index.ts';
import type { Clock } from '#base/clock.ts';
import type { Live } from '#live/index.ts';
import type { Blobs } from '#ports/blobs.ts';
import type { Db } from '#ports/db.ts';
import { type Config, isOpenToOthers } from '../config.ts';
import { createStorageProbe } from '../storage-probe.ts';

/** Less room than an hour of one broadcast takes. */
const FREE_BYTES_MIN = 1024 ** 3;
const OTHERS = 0o077;

export interface DoctorDeps {
  readonly config: Config;
  readonly db: Db;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly accounts: Accounts;
  readonly live: Live;
}

/** What one look found. */
interface Finding {
  readonly isWell: boolean;
  /** A sentence; of what is wrong, with what to do. */
  readonly said: string;
}

const well = (said: string): Finding => ({ isWell: true, said });
const wrong = (said: string): Finding => ({ isWell: false, said });

const looks: readonly ((deps: DoctorDeps) => Finding | Promise<Finding>)[] = [
  storage,
  room,
  modes,
  firstAccount,
  publicUrl,
  broadcasts,
];

/** Looks at everything that an operator can put right, one line each. */
export async function examine(deps: DoctorDeps): Promise<{ ok: boolean; text: string }> {
  const findings: Finding[] = [];
  for (const look of looks) findings.push(await look(deps));
  return {
    ok: findings.every(({ isWell }) => isWell),
    text: findings.map(({ isWell, said }) => `${isWell ? 'well ' : 'WRONG'}  ${said}`).join('\n'),
  };
}

async function storage({ db, blobs, clock, config }: DoctorDeps): Promise<Finding> {
  const name = db.dialect.name === 'sqlite' ? 'SQLite' : 'PostgreSQL';
  try {
    await createStorageProbe({ db, blobs, clock })();
    return well(`A row was stored in ${name}, and a file in ${config.dataDirectory}.`);
  } catch (cause) {
    return wrong(`Nothing can be stored (${(cause as Error).message}): look at the disk and at ${name}.`);
  }
}

async function room({ config: { dataDirectory } }: DoctorDeps): Promise<Finding> {
  const { bavail, bsize } = await statfs(dataDirectory);
  const free = bavail * bsize;
  const left = `${(free / 1024 ** 3).toFixed(1)} GiB are free for recordings`;
  return free >= FREE_BYTES_MIN ? well(`${left}.`) : wrong(`Only ${left}: make room, or delete broadcasts.`);
}

async function modes({ config: { dataDirectory } }: DoctorDeps): Promise<Finding> {
  const isClosed = process.platform === 'win32' || ((await lstat(dataDirectory)).mode & OTHERS) === 0;
  return isClosed
    ? well('Nobody else on this machine can read the data folder.')
    : wrong(`Others on this machine can read ${dataDirectory}: restart the server, which closes it.`);
}

async function firstAccount({ accounts }: DoctorDeps): Promise<Finding> {
  return (await accounts.firstAccountCode()) === null
    ? well('Whoever has the address can sign up.')
    : wrong('Nobody has an account yet: open the link that the start of the server printed.');
}

function publicUrl({ config }: DoctorDeps): Finding {
  if (config.publicUrl?.startsWith('https:')) return well(`People use ${config.publicUrl}.`);
  if (!isOpenToOthers(config)) return well('Only this machine can reach the server.');
  return wrong(
    'SKYLARK_PUBLIC_URL is not https: browsers on other machines give no camera, and cookies travel in the clear.',
  );
}

async function broadcasts({ live }: DoctorDeps): Promise<Finding> {
  const { items, nextCursor } = await live.listLive();
  return well(`Broadcasts on the air: ${items.length}${nextCursor ? ' and more' : ''}.`);
}
