/** Longest playlist that is read, bytes. */
export const PLAYLIST_BYTES_MAX = 8 * 1024 * 1024;
/** Largest segment, part or initialization section that is read, bytes. */
export const MEDIA_BYTES_MAX = 64 * 1024 * 1024;
export const LINE_LENGTH_MAX = 16 * 1024;
export const LINES_MAX = 200_000;
/** Renditions of one stream that are followed; more are named and left. */
export const RENDITIONS_MAX = 16;
/** Boxes of one piece of media, fragments included. */
export const BOXES_MAX = 10_000;
/** Samples of one fragment. */
export const SAMPLES_MAX = 100_000;
/** An answer that takes longer never comes: longer than three target durations of ten seconds. */
export const ANSWER_MS_MAX = 40_000;
/** Problems of one playlist that are kept. */
export const PROBLEMS_MAX = 50;
/** Different places that are told of one rule; the rest is counted. */
export const PLACES_PER_RULE_MAX = 5;
