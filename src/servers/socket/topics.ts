import type { Clock } from '#base/clock.ts';
import type { Logger } from '#base/log.ts';
import type { Slices } from '#base/slices.ts';
import type { Live } from '#live/index.ts';
import type { Bus } from '#ports/bus.ts';
import { parseTopic } from './client-frame.ts';
import { RoomSource } from './room-source.ts';
import { Topic, type TopicMember } from './topic.ts';
import type { TopicSource } from './topic-source.ts';
import { type HomeFeed, UserSource } from './user-source.ts';

export interface TopicsDeps {
  readonly room: Live['room'];
  readonly feed: HomeFeed;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly slices: Slices;
  readonly log: Logger;
}

/** The topics that somebody has joined. */
export class Topics {
  readonly #deps: TopicsDeps;
  readonly #topics = new Map<string, Topic>();

  constructor(deps: TopicsDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#topics.size;
  }

  /** Joins a topic that `parseTopic` knows; gives what leaves it again. Refuses as its source does. */
  async join(name: string, member: TopicMember, after: number | undefined): Promise<() => void> {
    const topic = this.#topics.get(name) ?? this.#open(name);
    await topic.join(member, after);
    return () => topic.leave(member);
  }

  /** Resolves when what is due by now was written to everybody. */
  async flush(): Promise<void> {
    await Promise.all(this.#topics.values().map(topic => topic.flush()));
  }

  #open(name: string): Topic {
    const { bus, clock, slices, log } = this.#deps;
    const label = `frames of topic ${parseTopic(name)!.kind}`;
    const emptied = () => void this.#topics.delete(name);
    const topic = new Topic({ name, source: this.#sourceOf(name), bus, clock, slices, log, label, emptied });
    this.#topics.set(name, topic);
    return topic;
  }

  #sourceOf(name: string): TopicSource {
    const { kind, id } = parseTopic(name)!;
    return kind === 'room' ? new RoomSource(this.#deps.room, id) : new UserSource(this.#deps.feed, id);
  }
}
