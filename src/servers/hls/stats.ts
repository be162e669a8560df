/** Counts since the start, for the metrics. */
export interface HlsStats {
  /** Answers that were sent, by what they are. */
  readonly responses: { playlist: number; blocking: number; media: number; refused: number };
  /** Bytes of their bodies before compression, ranges as whole. */
  bytes: number;
  /** Requests that wait for something to be published, now. */
  waiting: number;
}

export function createHlsStats(): HlsStats {
  return { responses: { playlist: 0, blocking: 0, media: 0, refused: 0 }, bytes: 0, waiting: 0 };
}
