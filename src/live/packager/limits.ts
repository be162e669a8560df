/**
 * What a broadcast promises its players. None of these changes while it lives: Apple's player gives up for good when
 * PART-TARGET or PART-HOLD-BACK differs between two reloads.
 */

/** PART-TARGET: six frames at 30 a second, ten AAC frames. No part lasts longer. */
export const PART_TARGET_S = 0.22;
/** The least share of it that a part lasts, unless it is the last of its segment. */
export const PART_SHARE_MIN = 0.85;
/** PART-HOLD-BACK: three part targets, the least that RFC 8216bis section 4.4.3.8 allows. */
export const PART_HOLD_BACK_S = 0.66;
/** EXT-X-TARGETDURATION. */
export const TARGET_DURATION_S = 4;
/** HOLD-BACK of players that read no parts: three target durations, the least allowed. */
export const HOLD_BACK_S = 12;

/** A key frame ends the segment when it is at least this long. */
export const SEGMENT_MIN_S = 1.5;
/** Age of a segment at which a key frame is asked for; it arrives about 100 ms later. */
export const KEYFRAME_ASK_S = 1.9;
/** The same for the very first segment: players such as hls.js need a finished one before they begin. */
export const FIRST_SEGMENT_MIN_S = 0.4;
export const FIRST_KEYFRAME_ASK_S = 0.4;
/** Media time between two requests for a key frame. */
export const KEYFRAME_ASK_AGAIN_S = 1;
/** A segment is cut before it would pass this, key frame or not. */
export const SEGMENT_MAX_S = 4;
/** A longer pause between two video frames is a discontinuity; a shorter one lengthens the frame before it. */
export const PAUSE_MAX_S = 3;

export const AUDIO_FRAMES_PER_PART = 10;
/**
 * 90 frames of 1024 samples at 48 kHz: 1.92 s, nine equal parts. A shorter last part would be shorter than the hole that
 * hls.js takes for none (`maxBufferHole`, 0.1 s): a part skipped under load would never be fetched again.
 */
export const AUDIO_FRAMES_PER_SEGMENT = 90;
/** The very first segment is short: 0.64 s. */
export const AUDIO_FRAMES_FIRST_SEGMENT = 30;
/** Audio that is this much behind the video, for `AUDIO_ABSENT_MS`, is absent: silence stands in for it. */
export const AUDIO_LATE_MAX_S = 1;
export const AUDIO_ABSENT_MS = 1000;
/** How far behind the video that silence ends. */
export const SILENCE_BEHIND_S = 0.3;

/**
 * CAN-SKIP-UNTIL: six target durations, the least allowed. Delta updates leave out what is further than this from the end.
 */
export const SKIP_BOUNDARY_S = 24;
/** A live playlist lists the broadcast from its start, up to this length; then its oldest minutes leave. */
export const LISTED_S_MAX = 12 * 3600;
/** Segments in memory; older ones come from the recording. Where there is none, playlists begin with these. */
export const HELD_SEGMENTS_MAX = 18;
/** More of them while they are short: playlists need three target durations. */
export const HELD_S_MIN = 16;
/** Fewer while they are large. */
export const HELD_BYTES_MAX = 96 * 1024 * 1024;
/** Finished segments whose parts are listed, beside the one being made. */
export const SEGMENTS_WITH_PARTS = 2;

/**
 * Numbers that are left out after a restart, at most: players may have been shown segments with them that were lost before they
 * were stored.
 */
export const LOST_SEGMENTS_MAX = 8;
/** How long the gap of each is: one picture of 25 a second, which players pass by. Nobody knows how long it was. */
export const LOST_S = 0.04;

/** How far past the last segment a blocking reload may ask (RFC 8216bis section 6.2.5.2). */
export const ADVANCE_SEGMENTS_MAX = 2;
/** How far past the last part: three seconds' worth (the Advance Part Limit of the same section). */
export const ADVANCE_PARTS_MAX = Math.ceil(3 / PART_TARGET_S);
/** A blocked request is answered 503 after three target durations. */
export const BLOCK_MS_MAX = 3 * TARGET_DURATION_S * 1000;
/** Requests that may wait on one rendition. */
export const WAITING_MAX = 20_000;

/** Layers of video, with what a publisher that takes over may bring. */
export const VIDEO_RENDITIONS_MAX = 4;
/** A layer this much behind the others has paused: its playlist has a gap from there on, and players change to another. */
export const LAYER_LATE_S = 1;
/** The first players wait this long, in media time, for all layers to begin. Congestion control ramps up meanwhile. */
export const LAYERS_WAIT_S = 3;

/**
 * BANDWIDTH while live is what was measured with this headroom, and not less than what an encoder needs for so many pixels:
 * the first players come before there is much to measure.
 */
export const BANDWIDTH_HEADROOM = 1.15;
export const VIDEO_BITS_PER_PIXEL = 3;
export const AUDIO_BANDWIDTH_MIN = 160_000;
/** AVERAGE-BANDWIDTH of the variant that players begin with, at most, if there is a choice. */
export const FIRST_VARIANT_BANDWIDTH = 3_000_000;
