import type { BroadcastId } from '#base/ids.ts';
import type { RoomEvent, SocketEvent } from '#contract/socket/frames.ts';
import type { Live } from '#live/index.ts';
import { FRAME_EVENTS_MAX, HINTS_MAX } from './limits.ts';
import type { Batch, DurableEvent, Page, TopicSource } from './topic-source.ts';

type EventOf<Type extends RoomEvent['type']> = Extract<RoomEvent, { type: Type }>;
/** What has a number in a room. */
type Numbered = EventOf<'comment' | 'comment-removed'>;

/** A room: comments are durable and numbered without gaps; hearts are summed, of the rest the last one counts. */
export class RoomSource implements TopicSource {
  readonly #room: Live['room'];
  readonly #id: BroadcastId;
  /** Comments, and removals, that came by the bus, by number; they may come out of order, and some may never come. */
  readonly #comments = new Map<number, Numbered>();
  /** The highest number that is known to exist. */
  #known = 0;
  #taken = 0;
  #hearts: EventOf<'hearts'> | null = null;
  #presence: EventOf<'presence'> | null = null;
  #state: EventOf<'state' | 'deleted'> | null = null;
  #troubles: EventOf<'troubles'> | null = null;
  /** As sent: what a socket that joins now has missed. */
  readonly #latest = new Map<RoomEvent['type'], RoomEvent>();

  constructor(room: Live['room'], id: BroadcastId) {
    this.#room = room;
    this.#id = id;
  }

  get isDue(): boolean {
    return (
      this.#known > this.#taken ||
      this.#hearts !== null ||
      this.#presence !== null ||
      this.#state !== null ||
      this.#troubles !== null
    );
  }

  async start(): Promise<number> {
    const snapshot = await this.#room.snapshot(this.#id);
    for (const event of snapshot.events) this.#latest.set(event.type, event);
    this.#taken = snapshot.lastSeq;
    return snapshot.lastSeq;
  }

  async head(): Promise<number> {
    return (await this.#room.snapshot(this.#id)).lastSeq;
  }

  hint(message: unknown): void {
    const event = message as RoomEvent;
    switch (event.type) {
      case 'comment':
      case 'comment-removed':
        if (this.#comments.size < HINTS_MAX) this.#comments.set(seqOf(event), event);
        this.expect(seqOf(event));
        return;
      case 'hearts':
        this.#hearts = { ...event, count: event.count + (this.#hearts?.count ?? 0) };
        return;
      case 'presence':
        this.#presence = event;
        return;
      case 'state':
      case 'deleted':
        this.#state = event;
        return;
      case 'troubles':
        this.#troubles = event;
    }
  }

  expect(seq: number): void {
    this.#known = Math.max(this.#known, seq);
  }

  async take(seq: number): Promise<Batch> {
    const comments = this.#known > seq ? await this.#commentsAfter(seq) : { events: [], lastSeq: seq };
    for (const heard of this.#comments.keys()) if (heard <= comments.lastSeq) this.#comments.delete(heard);
    // Nothing was there although something was announced: it does not come any more.
    if (comments.lastSeq === seq) this.#known = seq;
    this.#taken = comments.lastSeq;
    const others = [this.#state, this.#troubles, this.#presence, this.#hearts].filter(
      event => event !== null,
    );
    this.#state = this.#troubles = this.#presence = this.#hearts = null;
    for (const event of others) this.#latest.set(event.type, event);
    return { seq: comments.lastSeq, events: [...comments.events.map(({ event }) => event), ...others] };
  }

  async read(after: number, limit: number): Promise<Page> {
    const { comments, removals, lastSeq } = await this.#room.commentsSince(this.#id, after, limit);
    const events: Numbered[] = [
      ...comments.map(comment => ({ type: 'comment' as const, comment })),
      ...removals.map(removal => ({ type: 'comment-removed' as const, ...removal })),
    ];
    return { lastSeq, events: events.map(durable).sort((a, b) => a.seq - b.seq) };
  }

  welcome(): SocketEvent[] {
    return [...this.#latest.values()].map(event =>
      event.type === 'hearts' ? { ...event, count: 0 } : event,
    );
  }

  /** From the bus when it brought them all, else from the database. */
  async #commentsAfter(seq: number): Promise<Page> {
    const lastSeq = Math.min(this.#known, seq + FRAME_EVENTS_MAX);
    const events: DurableEvent[] = [];
    for (let next = seq + 1; next <= lastSeq; next++) {
      const event = this.#comments.get(next);
      if (!event) return this.read(seq, FRAME_EVENTS_MAX);
      events.push(durable(event));
    }
    return { events, lastSeq };
  }
}

function seqOf(event: Numbered): number {
  return event.type === 'comment' ? event.comment.seq : event.seq;
}

function durable(event: Numbered): DurableEvent {
  return { seq: seqOf(event), event };
}
