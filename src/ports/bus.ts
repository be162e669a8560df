import type { Closer } from '#base/dispose.ts';

/**
 * At-most-once hints between parts and nodes: the truth is in the database. A message is JSON-serializable and at most
 * `BUS_MESSAGE_BYTES_MAX`. A subscriber sees what is published after `subscribe` returned, in the order of one publisher.
 * A subscriber that throws harms nobody else.
 */
export interface Bus {
  publish(topic: string, message: unknown): void;
  /**
   * The same message to each of at most `BUS_TOPICS_MAX` topics, as one: it is encoded and sent once, and a topic without
   * subscribers costs next to nothing.
   */
  publishEach(topics: readonly string[], message: unknown): void;
  subscribe(topic: string, receive: (message: unknown) => void): Closer;
  close(): Promise<void>;
}

export const BUS_MESSAGE_BYTES_MAX = 64 * 1024;
export const BUS_TOPICS_MAX = 1000;
