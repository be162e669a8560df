import type { HlsSource } from '../packager/source.ts';

/**
 * The replay at the address where the broadcast was live. Who comes now gets the replay from its start. A player that is in
 * the middle goes on as it was: its reloads name the segment they wait for (`_HLS_msn`, RFC 8216bis section 6.2.5.2) and
 * get the live playlist with its end, and parts are still there.
 */
export function replayAfterLive(replay: HlsSource, live: HlsSource): HlsSource {
  return {
    live: false,
    multivariant: () => replay.multivariant(),
    playlist: (rendition, query) => (query.msn === null ? replay : live).playlist(rendition, query),
    init: (rendition, number) => replay.init(rendition, number),
    segment: (rendition, msn) => replay.segment(rendition, msn),
    part: (rendition, msn, part) => live.part(rendition, msn, part),
  };
}
