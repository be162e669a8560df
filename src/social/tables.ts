import type { Kysely } from 'kysely';
import type { BroadcastState } from '#contract/api/types.ts';
import type { Sql } from '#ports/db.ts';

/** Times are milliseconds since the epoch, flags 0 or 1. */
export interface PostTable {
  id: string;
  author_id: string;
  text: string;
  reply_to_id: string | null;
  created_at: number;
  deleted_at: number | null;
  deleted_by: string | null;
  /** 1 when what it was is gone for good. */
  purged: number;
  reply_count: number;
  like_count: number;
  /** Whether followers get it. */
  announce: number;
  /** How far the fan-out is: '' at first, then the last follower who has it, null when all have. */
  fanned_to: string | null;
  /** Place of its last change or deletion in the home sequence; 0 before any. */
  event_seq: number;
  broadcast_id: string | null;
  broadcast_state: BroadcastState | null;
  broadcast_title: string | null;
  broadcast_started_at: number | null;
  broadcast_duration_ms: number | null;
}

interface Tables {
  posts: PostTable;
  post_likes: { post_id: string; account_id: string; created_at: number };
  follows: { follower_id: string; followee_id: string; created_at: number };
  social_counts: { account_id: string; posts: number; followers: number; following: number };
  home_entries: { account_id: string; post_id: string; author_id: string; created_at: number; seq: number };
  home_sequence: { id: number; value: number };
}

/** The database, or a transaction, narrowed to the tables of this room. */
export const tablesOf = (sql: Sql): Kysely<Tables> => sql as Kysely<Tables>;
