import type { Clock, Timer } from '#base/clock.ts';
import type { Closer } from '#base/dispose.ts';
import type { Logger } from '#base/log.ts';
import type { Slices } from '#base/slices.ts';
import type { Bus } from '#ports/bus.ts';
import { BACKFILL_PAGE, RETRY_MS, TICK_MS } from './limits.ts';
import { encodeFrame } from './text-frame.ts';
import type { TopicSource } from './topic-source.ts';

/** One socket's place in a topic. */
export interface TopicMember {
  /** False once the socket is gone or has left the topic. */
  readonly isWanted: boolean;
  write(bytes: Buffer): void;
  /** As `write`; resolves when the bytes left this process, or never will. */
  written(bytes: Buffer): Promise<void>;
}

export interface TopicOptions {
  readonly name: string;
  readonly source: TopicSource;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly slices: Slices;
  readonly log: Logger;
  /** What the event loop is said to work on while this sends. */
  readonly label: string;
  /** Called once, when nobody is there any more. */
  readonly emptied: () => void;
}

interface Waiter {
  readonly seq: number;
  readonly reached: () => void;
}

/**
 * One topic and the sockets that joined it. All of them stand at the same sequence number: who resumes is brought up to it
 * first, then cut over between two frames.
 */
export class Topic {
  readonly #options: TopicOptions;
  readonly #members = new Set<TopicMember>();
  readonly #subscription: Closer;
  readonly #started: Promise<void>;
  #seq = 0;
  #joining = 0;
  #waiters: Waiter[] = [];
  #timer: Timer | null = null;
  #lastTickMs = Number.NEGATIVE_INFINITY;
  #isTicking = true;
  #ticked: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: TopicOptions) {
    this.#options = options;
    this.#subscription = options.bus.subscribe(options.name, message => {
      options.source.hint(message);
      this.#schedule();
    });
    this.#started = this.#start();
    // Whoever joins hears of it; with nobody waiting it must not count as unhandled.
    this.#started.catch(() => {});
  }

  /** Brings the member to where the topic is, then adds it. Refuses as the source does. */
  async join(member: TopicMember, after: number | undefined): Promise<void> {
    this.#joining++;
    try {
      await this.#started;
      if (after !== undefined) await this.#catchUp(member, after);
      // From here to the end nothing waits, so that no frame comes between.
      if (!member.isWanted) return;
      this.#members.add(member);
      member.write(this.#encode(this.#seq, this.#options.source.welcome()));
    } finally {
      this.#joining--;
      this.#closeIfEmpty();
    }
  }

  leave(member: TopicMember): void {
    if (this.#members.delete(member)) this.#closeIfEmpty();
  }

  /** Resolves when what is due by now was written to every member. */
  async flush(): Promise<void> {
    await this.#ticked;
    if (!this.#timer) return;
    this.#timer.cancel();
    await this.#beginTick();
  }

  async #start(): Promise<void> {
    this.#seq = await this.#options.source.start();
    this.#isTicking = false;
    this.#schedule();
  }

  async #catchUp(member: TopicMember, after: number): Promise<void> {
    let at = after;
    if (at > this.#seq) at = await this.#waitUntil(at);
    while (member.isWanted && at < this.#seq) {
      const page = await this.#options.source.read(at, BACKFILL_PAGE);
      const upTo = this.#seq;
      if (page.lastSeq > upTo) this.#expect(page.lastSeq);
      const due = page.events.filter(event => event.seq <= upTo);
      const isLast = page.lastSeq === at || page.lastSeq >= upTo;
      at = isLast ? upTo : page.lastSeq;
      const frame =
        due.length > 0
          ? this.#encode(
              at,
              due.map(({ event }) => event),
            )
          : null;
      if (frame && isLast) member.write(frame);
      else if (frame) await member.written(frame);
    }
  }

  /** The member has seen more than the topic has sent: by a list, or it made the number up. */
  async #waitUntil(after: number): Promise<number> {
    const head = await this.#options.source.head();
    const seq = Math.min(after, head);
    if (seq <= this.#seq) return seq;
    await new Promise<void>(reached => {
      this.#waiters.push({ seq, reached });
      this.#expect(head);
    });
    return seq;
  }

  #expect(seq: number): void {
    this.#options.source.expect(seq);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer || this.#isTicking || this.#isClosed || !this.#options.source.isDue) return;
    const { clock, slices, label } = this.#options;
    const waitMs = Math.max(0, this.#lastTickMs + TICK_MS - clock.monotonicMs());
    // A post reaches many topics at the same moment, and all their timers come due in one turn.
    this.#timer = clock.after(waitMs, () => slices.take(label, () => this.#tickWhenDue()));
  }

  /** Unless it was flushed meanwhile. */
  #tickWhenDue(): void {
    if (this.#timer) void this.#beginTick();
  }

  #beginTick(): Promise<void> {
    this.#ticked = this.#tick();
    return this.#ticked;
  }

  async #tick(): Promise<void> {
    if (this.#isClosed) return;
    const { source, clock, log, name } = this.#options;
    this.#timer = null;
    this.#isTicking = true;
    try {
      const { seq, events } = await source.take(this.#seq);
      this.#seq = seq;
      if (events.length > 0) await this.#send(this.#encode(seq, events));
      this.#lastTickMs = clock.monotonicMs();
    } catch (cause) {
      log.error({ err: cause, topic: name }, 'the events of a topic could not be read');
      this.#lastTickMs = clock.monotonicMs() + RETRY_MS - TICK_MS;
    }
    this.#isTicking = false;
    this.#wakeWaiters();
    this.#schedule();
  }

  /**
   * Thousands of sockets take a while: in slices, so that packets get through. The next frame is made when the last socket
   * has this one; who joins meanwhile has been brought up to it, and who leaves gets it no more.
   */
  #send(bytes: Buffer): Promise<void> {
    return this.#options.slices.each(this.#options.label, [...this.#members], member => {
      if (this.#members.has(member)) member.write(bytes);
    });
  }

  #encode(seq: number, events: Parameters<typeof encodeFrame>[0]['events']): Buffer {
    return encodeFrame({ topic: this.#options.name, seq, events });
  }

  /** Nobody waits for what does not come any more. */
  #wakeWaiters(): void {
    const waiting = this.#waiters;
    const isReady = ({ seq }: Waiter) => seq <= this.#seq || !this.#options.source.isDue;
    this.#waiters = waiting.filter(waiter => !isReady(waiter));
    for (const waiter of waiting) if (isReady(waiter)) waiter.reached();
  }

  #closeIfEmpty(): void {
    if (this.#isClosed || this.#joining > 0 || this.#members.size > 0) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    void this.#subscription.close();
    this.#options.emptied();
  }
}
