import type { HlsSource, RenditionName } from '../packager/source.ts';
import type { Reopened } from '../recorder/reopen.ts';

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

/** A broadcast that goes on after a restart: what was recorded before comes from the recorder. */
export function liveAfterRecorded(live: HlsSource, { recorded, renditions }: Reopened): HlsSource {
  const lastMsn = (name: RenditionName) => renditions[name]?.segments.at(-1)?.msn ?? -1;
  const nextInit = (name: RenditionName) => renditions[name]?.nextInit ?? 0;
  return {
    live: true,
    multivariant: () => live.multivariant(),
    playlist: (rendition, query) => live.playlist(rendition, query),
    init: (rendition, number) => (number < nextInit(rendition) ? recorded : live).init(rendition, number),
    segment: (rendition, msn) => (msn <= lastMsn(rendition) ? recorded : live).segment(rendition, msn),
    part: (rendition, msn, part) => live.part(rendition, msn, part),
  };
}
