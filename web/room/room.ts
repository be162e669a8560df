import { type ReadonlySignal, signal } from '@preact/signals';
import type { Broadcast, Comment, Trouble } from '#contract/api/types.ts';
import type { RoomEvent, ServerFrame } from '#contract/socket/frames.ts';
import { api, problemFrom } from '../net/api.ts';
import { socket } from '../net/connection.ts';
import { me } from '../net/session.ts';
import { LIVE_COMMENTS_MAX, mergeComments } from './comment-list.ts';
import { HeartSender } from './heart-sender.ts';
import { HeartTally } from './heart-tally.ts';

/** Of a room one enters: this many comments from before. */
const COMMENTS_BEFORE = 60;
const COMMENT_PAGES_MAX = 20;
/** Events are hints; the truth is asked for this often while the broadcast is not over. */
const REFRESH_MS = 20_000;

/** The audience of one broadcast, as it stands now. */
export interface Room {
  readonly broadcast: ReadonlySignal<Broadcast | null>;
  /** What went wrong before there was anything to show. */
  readonly problem: ReadonlySignal<unknown>;
  readonly comments: ReadonlySignal<readonly Comment[]>;
  /** By id: comments that were taken away while one was here. */
  readonly removed: ReadonlySignal<ReadonlySet<string>>;
  /** The post was deleted: there is nothing here any more. */
  readonly deleted: ReadonlySignal<boolean>;
  readonly viewers: ReadonlySignal<number>;
  readonly hearts: ReadonlySignal<number>;
  /** What hampers the broadcast now, and its owner can mend. */
  readonly troubles: ReadonlySignal<readonly Trouble[]>;
  /** Hears other people's hearts as they come; returns how to stop. */
  onHearts(listener: (count: number) => void): () => void;
  /** Speaks; rejects with an ApiProblem. */
  say(text: string, mediaTimeMs: number | null): Promise<void>;
  /** Whether whoever is signed in here may take a comment away. */
  mayRemove(comment: Comment): boolean;
  /** Takes a comment away, for everybody; rejects with an ApiProblem. */
  remove(comment: Comment): Promise<void>;
  /** One tap on the heart. */
  heart(mediaTimeMs: number | null): void;
  refresh(): Promise<void>;
  close(): void;
}

export function openRoom(broadcastId: string): Room {
  const room = new LiveRoom(broadcastId);
  void room.enter();
  return room;
}

class LiveRoom implements Room {
  readonly broadcast = signal<Broadcast | null>(null);
  readonly problem = signal<unknown>(null);
  readonly comments = signal<readonly Comment[]>([]);
  readonly removed = signal<ReadonlySet<string>>(new Set());
  readonly deleted = signal(false);
  readonly viewers = signal(0);
  readonly hearts = signal(0);
  readonly troubles = signal<readonly Trouble[]>([]);
  readonly #id: string;
  readonly #tally = new HeartTally();
  readonly #heartListeners = new Set<(count: number) => void>();
  readonly #sender: HeartSender;
  readonly #timer: ReturnType<typeof setInterval>;
  #leave: (() => void) | null = null;
  #closed = false;
  /** What an event said last: an answer that says otherwise was overtaken, and is asked for again. */
  #said: Broadcast['state'] | null = null;

  constructor(broadcastId: string) {
    this.#id = broadcastId;
    this.#sender = new HeartSender({
      send: (count, mediaTimeMs) => this.#sendHearts(count, mediaTimeMs),
      setTimeout: (run, ms) => setTimeout(run, ms),
    });
    this.#timer = setInterval(() => void this.#refreshQuietly(), REFRESH_MS);
    document.addEventListener('visibilitychange', this.#shown);
  }

  async enter(): Promise<void> {
    // Joined before anything is asked for: what happens meanwhile comes as events, and nothing falls in between.
    this.#leave = socket.join(`room:${this.#id}`, frame => this.#receive(frame));
    try {
      await this.refresh();
      await this.#loadComments();
    } catch (thrown) {
      if (this.broadcast.value === null) this.problem.value = thrown;
    }
  }

  async refresh(): Promise<void> {
    this.problem.value = null;
    for (let tries = 0; tries < 3; tries += 1) {
      const before = this.#said;
      const broadcast = await this.#ask();
      if (this.#closed) return;
      if (before !== this.#said && broadcast.state !== this.#said) continue;
      this.broadcast.value = broadcast;
      this.viewers.value = broadcast.viewers;
      this.hearts.value = Math.max(this.hearts.value, broadcast.hearts);
      return;
    }
  }

  async #ask(): Promise<Broadcast> {
    try {
      return await api('getBroadcast', { params: { id: this.#id } });
    } catch (thrown) {
      // What was here before is gone; the event that said so may have been missed.
      if (problemFrom(thrown).code === 'not-found' && this.broadcast.peek() !== null)
        this.deleted.value = true;
      throw thrown;
    }
  }

  onHearts(listener: (count: number) => void): () => void {
    this.#heartListeners.add(listener);
    return () => this.#heartListeners.delete(listener);
  }

  async say(text: string, mediaTimeMs: number | null): Promise<void> {
    const body = mediaTimeMs === null ? { text } : { text, mediaTimeMs: Math.round(mediaTimeMs) };
    const comment = await api('createComment', { params: { id: this.#id }, body });
    this.#add([comment]);
  }

  mayRemove(comment: Comment): boolean {
    const viewer = me.value;
    if (!viewer) return false;
    const { id, role } = viewer;
    return role === 'operator' || id === comment.author.id || id === this.broadcast.value?.owner.id;
  }

  async remove(comment: Comment): Promise<void> {
    await api('deleteComment', { params: { id: this.#id, commentId: comment.id } });
    this.#removed(comment.id);
  }

  heart(mediaTimeMs: number | null): void {
    this.hearts.value += 1;
    this.#sender.tap(mediaTimeMs);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    document.removeEventListener('visibilitychange', this.#shown);
    this.#leave?.();
    this.#heartListeners.clear();
  }

  async #loadComments(): Promise<void> {
    let after = Math.max(0, (this.broadcast.value?.comments ?? 0) - COMMENTS_BEFORE);
    // Numbers run ahead of the count where comments were taken away.
    for (let page = 0; page < COMMENT_PAGES_MAX; page += 1) {
      const query = { after, limit: LIVE_COMMENTS_MAX };
      const { items, nextCursor } = await api('listComments', { params: { id: this.#id }, query });
      this.#add(items);
      if (nextCursor === null) return;
      after = Number(nextCursor);
    }
  }

  async #sendHearts(count: number, mediaTimeMs: number | undefined): Promise<void> {
    this.#tally.sent(count, performance.now());
    const body = mediaTimeMs === undefined ? { count } : { count, mediaTimeMs };
    await api('sendHearts', { params: { id: this.#id }, body });
  }

  readonly #shown = (): void => {
    if (document.visibilityState === 'visible') void this.#refreshQuietly();
  };

  async #refreshQuietly(): Promise<void> {
    const state = this.broadcast.value?.state;
    if (document.visibilityState !== 'visible' || state === 'archived' || state === undefined) return;
    // The next one may succeed; what is on the screen stays.
    await this.refresh().catch((thrown: unknown) => problemFrom(thrown));
  }

  #add(comments: readonly Comment[]): void {
    if (this.#closed || comments.length === 0) return;
    this.comments.value = mergeComments(this.comments.value, comments, LIVE_COMMENTS_MAX);
  }

  #receive(frame: ServerFrame): void {
    const comments: Comment[] = [];
    for (const event of frame.events as readonly RoomEvent[]) {
      if (event.type === 'comment') comments.push(event.comment);
      else if (event.type === 'comment-removed') this.#removed(event.commentId);
      else if (event.type === 'deleted') this.deleted.value = true;
      else if (event.type === 'hearts') this.#receiveHearts(event.count, event.total);
      else if (event.type === 'presence') this.viewers.value = event.viewers;
      else if (event.type === 'state') this.#moveTo(event.state);
      else if (event.type === 'troubles') this.#receiveTroubles(event.troubles);
    }
    this.#add(comments);
  }

  #removed(commentId: string): void {
    this.removed.value = new Set(this.removed.peek()).add(commentId);
  }

  #receiveHearts(count: number, total: number): void {
    this.hearts.value = Math.max(this.hearts.value, total);
    const others = this.#tally.others(count, performance.now());
    if (others > 0) for (const listener of this.#heartListeners) listener(others);
  }

  /** What the pictures are like decides where they can be had, which only the broadcast says. */
  #receiveTroubles(troubles: readonly Trouble[]): void {
    const hampers = (of: readonly Trouble[] | undefined) => of?.includes('reordered-pictures') ?? false;
    this.troubles.value = troubles;
    if (hampers(troubles) === hampers(this.broadcast.value?.troubles)) return;
    void this.refresh().catch((thrown: unknown) => problemFrom(thrown));
  }

  #moveTo(state: Broadcast['state']): void {
    this.#said = state;
    const broadcast = this.broadcast.value;
    if (broadcast === null || broadcast.state === state) return;
    // Where the media of a new state is, only the broadcast says; a state without media shows at once.
    if (state === 'interrupted' || state === 'ended') this.broadcast.value = { ...broadcast, state };
    void this.refresh().catch((thrown: unknown) => problemFrom(thrown));
  }
}
