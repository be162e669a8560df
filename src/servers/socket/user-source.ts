import type { AccountId } from '#base/ids.ts';
import type { SocketEvent, UserEvent } from '#contract/socket/frames.ts';
import { FRAME_EVENTS_MAX } from './limits.ts';
import type { Batch, Page, TopicSource } from './topic-source.ts';

/** Something that happened to a home timeline, as the account may see it. */
export interface HomeEvent {
  readonly seq: number;
  readonly event: UserEvent;
}

/** What this server asks of `social`. Numbers grow and become visible in their order; they have gaps. */
export interface HomeFeed {
  /** The highest number there is. */
  head(accountId: AccountId): Promise<number>;
  /** Events above `seq`, oldest first. */
  since(accountId: AccountId, seq: number, limit: number): Promise<readonly HomeEvent[]>;
}

/** An account's home timeline. A message of the bus names the number that is new; what it is, is read. */
export class UserSource implements TopicSource {
  readonly #feed: HomeFeed;
  readonly #accountId: AccountId;
  #known = 0;
  #taken = 0;

  constructor(feed: HomeFeed, accountId: AccountId) {
    this.#feed = feed;
    this.#accountId = accountId;
  }

  get isDue(): boolean {
    return this.#known > this.#taken;
  }

  async start(): Promise<number> {
    this.#taken = await this.head();
    return this.#taken;
  }

  head(): Promise<number> {
    return this.#feed.head(this.#accountId);
  }

  hint(message: unknown): void {
    this.expect((message as { seq: number }).seq);
  }

  expect(seq: number): void {
    this.#known = Math.max(this.#known, seq);
  }

  async take(seq: number): Promise<Batch> {
    const known = this.#known;
    const { events, lastSeq } = await this.read(seq, FRAME_EVENTS_MAX);
    // A page that is not full is all there is: numbers have gaps, and events are taken back.
    this.#taken = events.length < FRAME_EVENTS_MAX ? Math.max(known, lastSeq) : lastSeq;
    return { seq: this.#taken, events: events.map(({ event }) => event) };
  }

  async read(after: number, limit: number): Promise<Page> {
    const events = await this.#feed.since(this.#accountId, after, limit);
    return { events, lastSeq: events.at(-1)?.seq ?? after };
  }

  welcome(): SocketEvent[] {
    return [];
  }
}
