import type { SQLInputValue } from 'node:sqlite';

/** What a thread is asked, one after the other; it answers each once, in that order. */
export type ToThread =
  | { readonly kind: 'query'; readonly sql: string; readonly parameters: readonly SQLInputValue[] }
  /** Ends the transaction if there is one. */
  | { readonly kind: 'rollback' }
  | { readonly kind: 'close' };

export type FromThread = Outcome | SqliteFailure;

/** `changes` and `lastId` of statements that give no rows. */
export interface Outcome {
  readonly rows: unknown[];
  readonly changes?: number | bigint;
  readonly lastId?: number | bigint;
}

/** An error as it crosses threads, where those of `node:sqlite` would lose their codes. Source: sqlite.org/rescode.html */
export interface SqliteFailure {
  readonly failure: string;
  readonly errcode: number | null;
}

/** How a thread opens the file. */
export interface ThreadOptions {
  readonly file: string;
  /** Whether it only reads. */
  readonly isReader: boolean;
  readonly busyTimeoutMs: number;
}
