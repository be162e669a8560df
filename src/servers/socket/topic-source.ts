import type { SocketEvent } from '#contract/socket/frames.ts';

/** Events with the highest durable sequence number that they bring a reader to. */
export interface Batch {
  readonly seq: number;
  readonly events: readonly SocketEvent[];
}

/** A stretch of durable events, oldest first. */
export interface Page {
  readonly events: readonly DurableEvent[];
  /** Highest number that was looked at; the one asked for when there was nothing. */
  readonly lastSeq: number;
}

export interface DurableEvent {
  readonly seq: number;
  readonly event: SocketEvent;
}

/**
 * Where a topic's events come from. Messages of the bus are hints: what is durable can always be read again by its
 * sequence number, the rest is lossy.
 */
export interface TopicSource {
  /** Begins at the highest durable number, which it gives. Called once, after the topic is subscribed. */
  start(): Promise<number>;
  /** The highest durable number now. */
  head(): Promise<number>;
  /** Takes one message of the bus. */
  hint(message: unknown): void;
  /** Tells that there is something durable up to `seq`. */
  expect(seq: number): void;
  /** Whether something waits to be taken. */
  readonly isDue: boolean;
  /** What is due, durable events above `seq`; what does not fit into one frame stays due, and after a throw all of it. */
  take(seq: number): Promise<Batch>;
  /** Durable events above `after`. */
  read(after: number, limit: number): Promise<Page>;
  /** What somebody who just joined must know beside the durable events; as of the last `take`. */
  welcome(): readonly SocketEvent[];
}
