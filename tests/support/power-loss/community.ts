import { WebSocket } from 'ws';
import type { CreatedBroadcast } from '#contract/api/broadcasts.ts';
import type { Account, Comment, Post } from '#contract/api/types.ts';
import type { ServerFrame } from '#contract/socket/frames.ts';
import { type ApiPerson, registerPerson } from '../../../tools/api-person.ts';
import type { Seeded } from '../seeded.ts';

/** A write that the server said it has done, and what must be found of it from then on. */
export interface Acknowledged {
  /** CLOCK_MONOTONIC. */
  readonly timeNs: bigint;
  readonly table: 'accounts' | 'posts' | 'comments' | 'likes' | 'follows';
  /** What identifies the row, comments with their number. */
  readonly key: string;
}

/** A number that somebody was shown. */
export interface Shown {
  readonly timeNs: bigint;
  readonly topic: string;
  readonly seq: number;
}

interface Member extends ApiPerson {
  readonly id: string;
  readonly cookie: string;
}

/** Comments of one account within the limits of the API, a minute; likes and follows make up the rest. */
const PAUSE_MS = 60;

/** People who write as fast as they may, and one who listens; they stay the same over restarts of the server. */
export class Community {
  readonly acknowledged: Acknowledged[] = [];
  readonly shown: Shown[] = [];
  /** Refused, or cut off by the kill. */
  failed = 0;
  broadcast!: CreatedBroadcast;
  readonly #members: Member[] = [];
  readonly #posts: string[] = [];
  /** What was done once and would be done again for nothing. */
  readonly #done = new Set<string>();
  readonly #random: Seeded;
  #url = '';
  #names = 0;

  constructor(random: Seeded) {
    this.#random = random;
  }

  /** Somebody who has been there from the beginning. */
  get oldest(): ApiPerson {
    return this.#members[0]!;
  }

  /** What was acknowledged after a loss of power never happened. */
  forgetSince(timeNs: bigint): void {
    const kept = this.acknowledged.filter(write => write.timeNs <= timeNs);
    this.acknowledged.splice(0, Number.POSITIVE_INFINITY, ...kept);
    this.shown.splice(0, Number.POSITIVE_INFINITY, ...this.shown.filter(number => number.timeNs <= timeNs));
    const keys = new Set(kept.map(write => write.key));
    for (const key of this.#done) if (!keys.has(key)) this.#done.delete(key);
    const posts = this.#posts.filter(id => keys.has(id));
    this.#posts.splice(0, Number.POSITIVE_INFINITY, ...posts);
    const members = this.#members.filter(member => keys.has(member.handle));
    this.#members.splice(0, Number.POSITIVE_INFINITY, ...members);
  }

  /** The server is at a new address; so many people come to it more. */
  async arrive(url: string, people: number): Promise<void> {
    this.#url = url;
    for (let i = 0; i < people; i++) await this.#signUp();
  }

  async goLive(): Promise<void> {
    this.broadcast = await this.#members[0]!.call('POST', '/api/v1/broadcasts', {
      title: 'Through thick and thin',
    });
  }

  /** Writes until `count` more were acknowledged, or the server is gone. */
  async write(count: number, isOver: () => boolean): Promise<void> {
    const least = this.acknowledged.length + count;
    const done = () => isOver() || this.acknowledged.length >= least;
    await Promise.all(this.#members.map((member, i) => this.#writeAs(member, i, done)));
  }

  /** Somebody whose account was there at `timeNs` comes to another server on the same data, and is known. */
  async visit(url: string, timeNs: bigint): Promise<void> {
    const known = new Set(this.acknowledged.filter(write => write.timeNs <= timeNs).map(write => write.key));
    const member = this.#members.find(({ handle }) => known.has(handle));
    if (!member) return;
    const [before, seen] = [this.#url, this.acknowledged.filter(write => write.timeNs <= timeNs)];
    this.#url = url;
    try {
      const { handle } = await member.call<Account>('GET', '/api/v1/me');
      if (handle !== member.handle) throw new Error(`${member.handle} is ${handle} now`);
      const post = seen.findLast(write => write.table === 'posts');
      if (post) await member.call('GET', `/api/v1/posts/${post.key}`);
    } finally {
      this.#url = before;
    }
  }

  /** Notes every number that the sockets carry, until the connection is lost. */
  listen(): void {
    const { id, cookie } = this.#members[0]!;
    const socket = new WebSocket(`${this.#url.replace('http', 'ws')}/socket`, {
      headers: { cookie, origin: this.#url },
    });
    socket.on('open', () => {
      for (const topic of [`user:${id}`, `room:${this.broadcast.id}`])
        socket.send(JSON.stringify({ op: 'join', topic, after: 0 }));
    });
    socket.on('message', data => {
      const { topic, seq } = JSON.parse(String(data)) as ServerFrame;
      this.shown.push({ timeNs: process.hrtime.bigint(), topic, seq });
    });
    socket.on('error', () => {});
  }

  async #signUp(): Promise<void> {
    const handle = `p${this.#names++}_${this.#random.below(1e6)}`;
    const person = await registerPerson(this.#url, { handle, password: 'a lark in the morning' });
    this.#acknowledge('accounts', handle);
    const { id } = await person.call<Account>('GET', '/api/v1/me');
    const member = { ...person, id, call: this.#caller(person.cookie) };
    this.#members.push(member);
  }

  /** Goes to wherever the server is now. */
  #caller(cookie: string): ApiPerson['call'] {
    return async <T>(verb: string, path: string, body?: unknown): Promise<T> => {
      const response = await fetch(this.#url + path, {
        method: verb,
        headers: {
          ...{ origin: this.#url, cookie },
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${verb} ${path}: ${response.status} ${await response.text()}`);
      return (response.status === 204 ? undefined : await response.json()) as T;
    };
  }

  async #writeAs(member: Member, index: number, done: () => boolean): Promise<void> {
    for (let turn = index; !done(); turn++) {
      const kinds = [this.#comment, this.#like, this.#post, this.#like, this.#follow, this.#like];
      await kinds[turn % kinds.length]!.call(this, member).catch(() => this.failed++);
      await new Promise(resolve => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #comment(member: Member): Promise<void> {
    const path = `/api/v1/broadcasts/${this.broadcast.id}/comments`;
    const { id, seq } = await member.call<Comment>('POST', path, { text: `from ${member.handle}` });
    this.#acknowledge('comments', `${id} ${seq}`);
  }

  async #post(member: Member): Promise<void> {
    const { id } = await member.call<Post>('POST', '/api/v1/posts', { text: `by ${member.handle}` });
    this.#acknowledge('posts', id);
    this.#posts.push(id);
  }

  async #like(member: Member): Promise<void> {
    const id = this.#posts[this.#random.below(this.#posts.length)];
    if (!id || this.#done.has(`${id} ${member.id}`)) return;
    await member.call('PUT', `/api/v1/posts/${id}/like`);
    this.#acknowledge('likes', `${id} ${member.id}`);
  }

  async #follow(member: Member): Promise<void> {
    const other = this.#members[this.#random.below(this.#members.length)]!;
    if (other === member || this.#done.has(`${member.id} ${other.id}`)) return;
    await member.call('PUT', `/api/v1/accounts/${other.handle}/follow`);
    this.#acknowledge('follows', `${member.id} ${other.id}`);
  }

  #acknowledge(table: Acknowledged['table'], key: string): void {
    this.acknowledged.push({ timeNs: process.hrtime.bigint(), table, key });
    this.#done.add(key);
  }
}
