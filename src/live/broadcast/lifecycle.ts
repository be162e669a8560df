import type { BroadcastState } from '#contract/api/types.ts';

/** What can happen to a broadcast. Whatever does not stand in the table below changes nothing. */
export type LifecycleInput =
  /** The first key frame of a publisher: of the first one, or of one that came back. */
  | 'media-arrived'
  /** The publisher went away without ending, or with the process that it was connected to. */
  | 'publisher-lost'
  /** The owner, or the publisher, ended it. */
  | 'end'
  /** Nothing was sent within `STARTING_MAX_MS`. */
  | 'never-published'
  /** The publisher did not come back within `GRACE_MS`, or this process found the broadcast left behind by another. */
  | 'grace-over'
  /** Every segment is kept and the replay can be served. */
  | 'recording-closed';

/** How long a broadcast may wait for its first frame. */
export const STARTING_MAX_MS = 10 * 60 * 1000;
/** How long a publisher that was lost may take to come back. */
export const GRACE_MS = 120 * 1000;

type Row = Readonly<Partial<Record<LifecycleInput, BroadcastState>>>;

const table: Readonly<Record<BroadcastState, Row>> = {
  starting: { 'media-arrived': 'live', end: 'ended', 'never-published': 'ended' },
  live: { 'publisher-lost': 'interrupted', end: 'ended', 'grace-over': 'ended' },
  interrupted: { 'media-arrived': 'live', end: 'ended', 'grace-over': 'ended' },
  ended: { 'recording-closed': 'archived' },
  archived: {},
};

/** The state after `input`, or null when a broadcast in `state` does not take it. */
export function nextState(state: BroadcastState, input: LifecycleInput): BroadcastState | null {
  return table[state][input] ?? null;
}

/** Whether viewers can speak and send hearts. */
export function isOpen(state: BroadcastState): boolean {
  return state === 'live' || state === 'interrupted';
}

/** Whether it will never take a publisher again. */
export function isOver(state: BroadcastState): boolean {
  return state === 'ended' || state === 'archived';
}
