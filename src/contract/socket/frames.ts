import type { Comment, Post, Trouble } from '#contract/api/types.ts';

/** What a client sends, as JSON text. `after` is the last sequence number it has seen of the topic. */
export type ClientFrame =
  | { readonly op: 'join'; readonly topic: string; readonly after?: number }
  | { readonly op: 'leave'; readonly topic: string };

/** Close code of a socket whose sign-in session or token was revoked. */
export const CLOSE_REVOKED = 4003;

/**
 * What the server sends. `seq` is the topic's highest durable sequence number within or before this frame: a client that
 * reconnects passes it as `after`. Topics: `user:{accountId}`, `room:{broadcastId}`; at most ten frames a second for each.
 */
export interface ServerFrame {
  readonly topic: string;
  readonly seq: number;
  readonly events: readonly SocketEvent[];
}

export type SocketEvent = RoomEvent | UserEvent | ErrorEvent;

export type RoomEvent =
  | { readonly type: 'comment'; readonly comment: Comment }
  /** Somebody took a comment away; `seq` is the number of that. */
  | { readonly type: 'comment-removed'; readonly commentId: string; readonly seq: number }
  /** Hearts since the last frame, and the total. */
  | {
      readonly type: 'hearts';
      readonly count: number;
      readonly total: number;
      readonly mediaTimeMs: number | null;
    }
  | { readonly type: 'presence'; readonly viewers: number; readonly names: readonly string[] }
  | { readonly type: 'state'; readonly state: 'starting' | 'live' | 'interrupted' | 'ended' | 'archived' }
  /** The post was deleted, and the broadcast with it: there is nothing here any more. */
  | { readonly type: 'deleted' }
  /** Everything that hampers the broadcast now: said when it changes. */
  | { readonly type: 'troubles'; readonly troubles: readonly Trouble[] };

export type UserEvent =
  /** A new entry of the home timeline. */
  | { readonly type: 'post'; readonly post: Post }
  /** A post in somebody's timeline changed: its broadcast moved on, or it was deleted. */
  | { readonly type: 'post-changed'; readonly post: Post }
  | { readonly type: 'post-deleted'; readonly postId: string };

/** The topic cannot be joined; `code` is of the error catalogue. */
export interface ErrorEvent {
  readonly type: 'error';
  readonly code: string;
  readonly detail: string;
}

export const CLIENT_FRAME_BYTES_MAX = 4096;
export const TOPICS_PER_SOCKET_MAX = 32;
