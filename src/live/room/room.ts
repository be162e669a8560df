import type { Closer } from '#base/dispose.ts';
import type { AccountId, BroadcastId, CommentId } from '#base/ids.ts';
import type { Comment, Trouble } from '#contract/api/types.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import type { Viewer } from '../viewer.ts';
import { type CommentPage, type CommentsDeps, createComments, type NewComment } from './comments.ts';
import { Hearts, type HeartsDeps } from './hearts.ts';
import { Presence } from './presence.ts';

export interface RoomDeps extends CommentsDeps, HeartsDeps {
  /** What hampers a broadcast now. */
  readonly troubles: (id: BroadcastId) => readonly Trouble[];
}

/** The audience of every broadcast. What happens in it is published on the bus as `RoomEvent`s, topic `room:{id}`. */
export interface Room {
  /** Stores a comment. Refuses with `not-found`, `comments-closed`, `invalid-request`. */
  addComment(id: BroadcastId, authorId: AccountId, comment: NewComment): Promise<Comment>;
  /** Its author, the broadcast's owner and the operator may. Refuses with `not-found` and `not-allowed`. */
  removeComment(id: BroadcastId, commentId: CommentId, by: Viewer): Promise<void>;
  /** Comments above `after`, oldest first. Refuses with `not-found`. */
  commentsSince(id: BroadcastId, after: number, limit?: number): Promise<CommentPage>;
  /** Refuses with `not-found` and `comments-closed`. */
  sendHearts(id: BroadcastId, viewerId: AccountId, count: number, mediaTimeMs: number | null): Promise<void>;
  /** The time series of the replay. Refuses with `not-found`. */
  hearts(id: BroadcastId): Promise<{ total: number; seconds: [number, number][] }>;
  /** Counts a viewer until the closer is closed; the owner is let in and not counted. Refuses with `not-found`. */
  enter(id: BroadcastId, accountId: AccountId | null): Promise<Closer>;
  /** How the room stands now, as events: what somebody who just came in must know. Refuses with `not-found`. */
  snapshot(id: BroadcastId): Promise<{ lastSeq: number; events: RoomEvent[] }>;
}

/** The room with what its own domain needs of it. */
export interface RoomParts {
  readonly room: Room;
  readonly hearts: Hearts;
  readonly presence: Presence;
}

export function createRoom(deps: RoomDeps): RoomParts {
  const { broadcasts, directory } = deps;
  const comments = createComments(deps);
  const totals = new Hearts(deps);
  const presence = new Presence(deps.bus, deps.clock);

  async function enter(id: BroadcastId, accountId: AccountId | null): Promise<Closer> {
    const broadcast = await broadcasts.get(id);
    if (accountId === broadcast.ownerId) return { close() {} };
    const person = accountId === null ? undefined : (await directory.summaries([accountId])).get(accountId);
    return presence.enter(id, { account: person ? { id: person.id, name: person.displayName } : null });
  }

  async function snapshot(id: BroadcastId): Promise<{ lastSeq: number; events: RoomEvent[] }> {
    const broadcast = await broadcasts.get(id);
    return {
      lastSeq: broadcast.comments,
      events: [
        { type: 'state', state: broadcast.state },
        { type: 'presence', viewers: presence.viewers(id), names: presence.names(id) },
        { type: 'troubles', troubles: deps.troubles(id) },
        { type: 'hearts', count: 0, total: totals.total(broadcast), mediaTimeMs: null },
      ],
    };
  }

  const room: Room = {
    addComment: (id, authorId, comment) => comments.add(id, authorId, comment),
    removeComment: (id, commentId, by) => comments.remove(id, commentId, by),
    commentsSince: (id, after, limit) => comments.since(id, after, limit),
    sendHearts: (id, viewerId, count, mediaTimeMs) => totals.send(id, viewerId, count, mediaTimeMs),
    async hearts(id) {
      const broadcast = await broadcasts.get(id);
      return { total: totals.total(broadcast), seconds: await totals.bySecond(id) };
    },
    enter,
    snapshot,
  };
  return { room, hearts: totals, presence };
}
