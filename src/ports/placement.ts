import type { Tx } from './db.ts';

/** A process is taken for dead when it has said nothing for this long, by the database's clock. */
export const PROCESS_LEASE_MS = 15_000;

/** Another process has taken the subject over: nothing was written, and nothing more may be. */
export class Fenced extends Error {
  override readonly name = 'Fenced';

  constructor(subject: string) {
    super(`${subject} was taken over by another process`);
  }
}

/** This process has a subject, until it releases it or another one takes it over. */
export interface Hold {
  readonly subject: string;
  /** Counts who had it, from 1. */
  readonly epoch: number;
  /** Runs `work` in a transaction in which this hold is the newest; throws `Fenced`, and writes nothing, when it is not. */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Gives it back: the data folder keeps it, for the next process that has that. Does nothing when it is fenced. */
  release(): Promise<void>;
}

/** Where a subject is. */
export interface Place {
  /** In this process's data folder. */
  readonly isHere: boolean;
  /** Whether a process has it that lives. */
  readonly isHeld: boolean;
  /** How people reach that process; null when nobody has it. */
  readonly address: string | null;
}

/**
 * Who has what, when several processes share one database. A subject stays with the data folder that it was first taken
 * in; whoever has the folder, and with it the lock of it, may take it over at once: the process before is dead.
 */
export interface Placement {
  /** Says that this process lives, and says so again and again. Who had the folder before is known to be dead. */
  join(address: string): Promise<void>;
  /** Null when it belongs to another data folder. */
  take(subject: string): Promise<Hold | null>;
  /** Null when nobody has ever taken it. */
  find(subject: string): Promise<Place | null>;
  /** Takes a subject from a process that is dead, so that it is fenced if it is not; false when somebody alive has it. */
  expel(subject: string): Promise<boolean>;
  /** Data folders of other processes that live, as of the last time this one said so itself. */
  readonly others: readonly string[];
  /** Sets who is told of a hold that was taken over, and when this process was taken for dead meanwhile. */
  watch(watcher: PlacementWatcher): void;
  /** The other processes know at once. */
  close(): Promise<void>;
}

export interface PlacementWatcher {
  fenced(subject: string): void;
  /** Others may have said that nobody sends what this process has. */
  revived(): void;
}
