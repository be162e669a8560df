import { Refusal } from '#contract/errors.ts';
import type { HlsAnswer, HlsSource } from '../packager/source.ts';
import type { StoredMedia } from '../recorder/stored-media.ts';

/** While live: what left memory, or was recorded before a restart, comes from the recording. */
export function liveWithStored(live: HlsSource, stored: StoredMedia): HlsSource {
  return {
    live: true,
    multivariant: () => live.multivariant(),
    playlist: (rendition, query) => live.playlist(rendition, query),
    replay: rendition => live.replay(rendition),
    init: (rendition, number) => firstOf(live.init(rendition, number), () => stored.init(rendition, number)),
    segment: (rendition, msn) => firstOf(live.segment(rendition, msn), () => stored.segment(rendition, msn)),
    merged: (rendition, firstMsn, lastMsn) => live.merged(rendition, firstMsn, lastMsn),
    part: (rendition, msn, part) => live.part(rendition, msn, part),
  };
}

/**
 * The replay at the address where the broadcast was live. Who comes now finds the replay's playlists in the multivariant
 * one. A player that is in the middle goes on as it was: the playlists that it reloads got their end, and segments and
 * parts are still there.
 */
export function replayAfterLive(replay: HlsSource, live: HlsSource): HlsSource {
  return {
    live: false,
    multivariant: () => replay.multivariant(),
    playlist: (rendition, query) => live.playlist(rendition, query),
    replay: rendition => replay.replay(rendition),
    init: (rendition, number) => live.init(rendition, number),
    segment: (rendition, msn) => live.segment(rendition, msn),
    merged: (rendition, firstMsn, lastMsn) => replay.merged(rendition, firstMsn, lastMsn),
    part: (rendition, msn, part) => live.part(rendition, msn, part),
  };
}

function firstOf(answer: HlsAnswer, otherwise: () => HlsAnswer): HlsAnswer {
  return answer instanceof Refusal ? otherwise() : answer;
}
