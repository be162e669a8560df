import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { until } from '#tests/support/until.ts';
import { startLoad } from '../load/start.ts';
import type { Rig } from './rig.ts';

/** What the server is loaded with in a phase; `end` gives what came of it. */
export interface Running {
  end(): Promise<Record<string, unknown>>;
}

export interface Sizes {
  readonly seconds: number;
  readonly sockets: number;
}

const COMMENTS_PER_SECOND = 100;
const COMMENTERS = 200;
const SIGN_INS_PER_SECOND = 20;
/** Attempts at one account within a phase stay below what any account is held to. */
const SIGN_INS_PER_ACCOUNT = 3;
const HOME_READS_PER_SECOND = 50;
const HOME_READERS = 50;
const ADDRESSES = 50;
const READERS = 50;
const SLOW_READERS = 10;
const POST_EVERY_MS = 20_000;
const FAN_OUT_MS_MAX = 180_000;

export const phases = {
  quiet: async (): Promise<Running> => ({ end: async () => ({}) }),

  /** An author whom everybody follows posts. */
  async fanOut({ server, people }: Rig): Promise<Running> {
    let posts = 0;
    const fromMs = performance.now();
    const post = async () => {
      const response = await fetch(`${server.url}/api/v1/posts`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${people.author.token}` },
        body: JSON.stringify({ text: `Good morning, all of you ${++posts}` }),
      });
      if (!response.ok) throw new Error(await response.text());
    };
    await post();
    const timer = setInterval(() => void post(), POST_EVERY_MS);
    return {
      async end() {
        clearInterval(timer);
        // What is left of it is not the next phase's.
        await until('everybody has the posts', () => jobsLeft(server.dataDirectory) === 0, FAN_OUT_MS_MAX);
        return { posts, tookMs: Math.round(performance.now() - fromMs) };
      },
    };
  },

  async room({ server, people, broadcast }: Rig, { sockets }: Sizes): Promise<Running> {
    const topic = `room:${broadcast.id}`;
    const crowd = startLoad('room-crowd.ts', server.url, topic, String(sockets), String(ADDRESSES));
    const [, joinedMs] = (await crowd.nextLine()).split(' ');
    const requests = people.people.slice(0, COMMENTERS).map(({ token }, i) => ({
      method: 'POST',
      path: `/api/v1/broadcasts/${broadcast.id}/comments`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ text: `What a view, said number ${i}` }),
    }));
    const comments = await pace(server.url, COMMENTS_PER_SECOND, requests);
    return {
      async end() {
        const said = await comments.end();
        const heard = JSON.parse(await crowd.ask()) as object;
        await crowd.stop();
        return { joinedMs: Number(joinedMs), ...said, ...heard };
      },
    };
  },

  signIns({ server, people }: Rig, { seconds }: Sizes): Promise<Running> {
    const accounts = Math.ceil((SIGN_INS_PER_SECOND * seconds) / SIGN_INS_PER_ACCOUNT);
    const requests = people.people.slice(0, accounts).map(({ handle }) => ({
      method: 'POST',
      path: '/api/v1/sign-in',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ login: handle, password: people.password }),
    }));
    return pace(server.url, SIGN_INS_PER_SECOND, requests);
  },

  async replays({ archived }: Rig): Promise<Running> {
    const readers = startLoad('segment-readers.ts', String(READERS), String(SLOW_READERS), ...archived);
    await readers.nextLine();
    readers.tell();
    return {
      async end() {
        const read = JSON.parse(await readers.ask()) as Record<string, unknown>;
        await readers.stop();
        return read;
      },
    };
  },

  homeReads({ server, people }: Rig): Promise<Running> {
    const requests = people.people.slice(0, HOME_READERS).map(({ token }) => ({
      method: 'GET',
      path: '/api/v1/timelines/home',
      headers: { authorization: `Bearer ${token}` },
      body: null,
    }));
    return pace(server.url, HOME_READS_PER_SECOND, requests);
  },
} satisfies Record<string, (rig: Rig, sizes: Sizes) => Promise<Running>>;

export type Phase = keyof typeof phases;

/** Jobs that wait or run, looked up past the server. */
function jobsLeft(dataDirectory: string): number {
  const database = new DatabaseSync(path.join(dataDirectory, 'skylark.db'), { readOnly: true });
  try {
    const row = database
      .prepare("select count(*) n from jobs where kind like 'post.%' and state <> 'failed'")
      .get();
    return Number(row!.n);
  } finally {
    database.close();
  }
}

async function pace(url: string, perSecond: number, requests: readonly object[]): Promise<Running> {
  const load = startLoad('paced-requests.ts', String(ADDRESSES));
  await load.nextLine();
  load.tell(JSON.stringify({ url, perSecond, requests }));
  return {
    async end() {
      const { statuses, delaysMs } = JSON.parse(await load.ask()) as {
        statuses: Record<string, number>;
        delaysMs: number[];
      };
      await load.stop();
      delaysMs.sort((a, b) => a - b);
      const answered = statuses['200'] ?? statuses['201'] ?? 0;
      const asked = Object.values(statuses).reduce((sum, count) => sum + count, 0);
      return {
        answered,
        refused: asked - answered,
        statuses,
        p95Ms: delaysMs[Math.floor(delaysMs.length * 0.95)],
      };
    },
  };
}
