import type { Clock } from '#base/clock.ts';
import { type AccountId, type BroadcastId, type CommentId, type Ids, isId } from '#base/ids.ts';
import type { AccountSummary, Comment } from '#contract/api/types.ts';
import { checkedText } from '#contract/checked-text.ts';
import { Refusal } from '#contract/errors.ts';
import type { RoomEvent } from '#contract/socket/frames.ts';
import { COMMENT_GRAPHEMES_MAX } from '#contract/text.ts';
import type { Bus } from '#ports/bus.ts';
import type { Db } from '#ports/db.ts';
import type { Directory } from '#ports/directory.ts';
import { type Broadcasts, roomTopic } from '../broadcast/broadcasts.ts';
import { nextCommentSeq, nextRemovalSeq } from '../broadcast/store.ts';
import type { Viewer } from '../viewer.ts';
import { authorOfComment, type CommentRow, commentsAfter, insertComment, removeComment } from './store.ts';

/** Comments of one answer, unless the caller asks for fewer. */
export const COMMENTS_PAGE_DEFAULT = 100;
export const COMMENTS_PAGE_MAX = 500;

export interface CommentsDeps {
  readonly db: Db;
  readonly bus: Bus;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly broadcasts: Broadcasts;
}

export interface NewComment {
  readonly text: string;
  /** Milliseconds since the broadcast's start of the picture it speaks of; null when that is not known. */
  readonly mediaTimeMs: number | null;
}

export interface CommentPage {
  readonly comments: Comment[];
  /** Comments that were taken away, with the number of that. */
  readonly removals: readonly { readonly seq: number; readonly commentId: CommentId }[];
  /** Highest sequence number that was looked at: `after` of the next page. */
  readonly lastSeq: number;
  readonly more: boolean;
}

export interface Comments {
  /** Refuses with `not-found`, `comments-closed`, `invalid-request`. */
  add(broadcastId: BroadcastId, authorId: AccountId, comment: NewComment): Promise<Comment>;
  /** Refuses with `not-found` and `not-allowed`. */
  remove(broadcastId: BroadcastId, id: CommentId, by: Viewer): Promise<void>;
  /** Comments above `after`, oldest first. Refuses with `not-found`. */
  since(broadcastId: BroadcastId, after: number, limit?: number): Promise<CommentPage>;
}

export function createComments(deps: CommentsDeps): Comments {
  const { db, bus, ids, clock, directory, broadcasts } = deps;

  async function store(row: Omit<CommentRow, 'seq'>): Promise<CommentRow> {
    return db.transaction(async tx => {
      const seq = await nextCommentSeq(tx, row.broadcastId);
      if (seq === null) throw new Refusal('comments-closed');
      await insertComment(tx, { ...row, seq });
      return { ...row, seq };
    });
  }

  return {
    async add(broadcastId, authorId, { text, mediaTimeMs }) {
      const broadcast = await broadcasts.get(broadcastId);
      const author = (await directory.summaries([authorId])).get(authorId);
      if (!author) throw new Refusal('sign-in-required');
      const nowMs = clock.nowMs();
      const row = await store({
        broadcastId,
        id: ids.next<'comment'>(),
        authorId,
        text: checkedText('text', text, COMMENT_GRAPHEMES_MAX),
        mediaTimeMs: clampMediaTime(mediaTimeMs, broadcast.startedAtMs, nowMs),
        createdAtMs: nowMs,
      });
      const comment = presentComment(row, author);
      bus.publish(roomTopic(broadcastId), { type: 'comment', comment } satisfies RoomEvent);
      return comment;
    },
    async remove(broadcastId, id, by) {
      const broadcast = await broadcasts.get(broadcastId);
      const authorId = isId(id) ? await authorOfComment(db.sql, broadcastId, id) : null;
      if (authorId === null) throw new Refusal('not-found', 'There is no such comment.');
      const mayRemove = by.role === 'operator' || by.id === authorId || by.id === broadcast.ownerId;
      if (!mayRemove) throw new Refusal('not-allowed', 'This comment is somebody else’s.');
      const seq = await db.transaction(async tx => {
        const next = await nextRemovalSeq(tx, broadcastId);
        const removal = { id: ids.next<'comment'>(), by: by.id, atMs: clock.nowMs() };
        const isRemoved =
          next !== null && (await removeComment(tx, { broadcastId, id }, { ...removal, seq: next }));
        if (!isRemoved) throw new Refusal('not-found', 'There is no such comment.');
        return next;
      });
      bus.publish(roomTopic(broadcastId), {
        type: 'comment-removed',
        commentId: id,
        seq,
      } satisfies RoomEvent);
    },
    async since(broadcastId, after, limit = COMMENTS_PAGE_DEFAULT) {
      await broadcasts.get(broadcastId);
      const pageMax = Math.min(limit, COMMENTS_PAGE_MAX);
      const rows = await commentsAfter(db.sql, broadcastId, after, pageMax);
      const said = rows.filter(row => row.removes === null);
      const people = await directory.summaries([...new Set(said.map(row => row.authorId))]);
      const comments = said.flatMap(row => {
        const author = people.get(row.authorId);
        return author ? [presentComment(row, author)] : [];
      });
      const removals = rows.flatMap(({ seq, removes }) =>
        removes === null ? [] : [{ seq, commentId: removes }],
      );
      return { comments, removals, lastSeq: rows.at(-1)?.seq ?? after, more: rows.length === pageMax };
    },
  };
}

/** A picture that was not sent yet cannot have been seen. */
export function clampMediaTime(
  mediaTimeMs: number | null,
  startedAtMs: number | null,
  nowMs: number,
): number | null {
  if (mediaTimeMs === null || startedAtMs === null) return null;
  return Math.min(mediaTimeMs, Math.max(0, nowMs - startedAtMs));
}

function presentComment(row: CommentRow, author: AccountSummary): Comment {
  return {
    id: row.id,
    seq: row.seq,
    author,
    text: row.text,
    mediaTimeMs: row.mediaTimeMs,
    createdAt: new Date(row.createdAtMs).toISOString(),
  };
}
