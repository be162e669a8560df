import type Hls from 'hls.js';
import type { Events, HlsConfig, LevelDetails, MediaFragment } from 'hls.js';

type PictureController = HlsConfig['streamController'];
type SoundController = NonNullable<HlsConfig['audioStreamController']>;

/**
 * So far past the end of the buffer is looked for what comes next. hls.js knows where segments begin to a millisecond only, since
 * dates in playlists are no finer, and a browser says where its buffer ends to a microsecond: where the segment just fetched
 * seems to go on for a moment, a player that has not all of its parts asks for nothing until they have left the playlist, for over
 * three seconds.
 */
const PAST_END_S = 0.002;
/** A gap that is no longer is passed over: a crash leaves some of 0.04 s, a layer that begins after the others one of 0.1 s. */
const SHORT_GAP_S = 0.25;

/** What hls.js does with its fetching in turn. Not all of it is among its public types. */
interface Fetching {
  loadingParts: boolean;
  /** Whether to take the next segment in parts. */
  shouldLoadParts(details: LevelDetails | undefined, endS: number): boolean;
  /** The segment to fetch next; null for none now. */
  getFragmentAtPosition(bufferEnd: number, end: number, details: LevelDetails): MediaFragment | null;
  loadInitSegmentIfNeeded(fragment: MediaFragment): Promise<void> | undefined;
}

/** What fetches for hls.js, without what makes it wait for media that is there already. */
export function promptLoading(HlsPlayer: typeof Hls): Partial<HlsConfig> {
  const { streamController, audioStreamController } = HlsPlayer.DefaultConfig;
  return {
    streamController: promptPictures(streamController),
    ...(audioStreamController
      ? { audioStreamController: promptSound(audioStreamController, HlsPlayer.Events.INIT_PTS_FOUND) }
      : {}),
  };
}

function promptPictures(Usual: PictureController): PictureController {
  return class PromptPictures extends Usual {
    constructor(...given: ConstructorParameters<PictureController>) {
      super(...given);
      bePrompt(this as unknown as Fetching);
    }
  };
}

/**
 * hls.js fetches live sound once the first picture told it the time, but looks for that only every 100 ms, twice; no picture
 * shows before there is sound. This one looks at once.
 */
function promptSound(Usual: SoundController, timeFound: Events.INIT_PTS_FOUND): SoundController {
  return class PromptSound extends Usual {
    constructor(...given: ConstructorParameters<SoundController>) {
      super(...given);
      bePrompt(this as unknown as Fetching);
      given[0].on(timeFound, () => {
        // The first look ends the wait, the second one fetches.
        this.tick();
        this.tick();
      });
    }
  };
}

function bePrompt(fetching: Fetching): void {
  takePartsFromTheBeginning(fetching);
  lookPastTheEnd(fetching);
  fetchNothingForGaps(fetching);
}

/**
 * hls.js wants its buffer to end further behind the first listed part than the segment in the making has grown to. In the first seconds
 * of a broadcast it does not, and what is to play next is waited for until that whole segment is made. Where all there is is
 * listed in parts, they can be taken at any place.
 */
function takePartsFromTheBeginning(fetching: Fetching): void {
  const usual = fetching.shouldLoadParts;
  fetching.shouldLoadParts = (details, endS) => usual.call(fetching, details, endS) || isAllInParts(details);
}

/** A little past the end of the buffer, and past gaps that hardly anybody sees: for each of those hls.js goes to another layer, and waits. */
function lookPastTheEnd(fetching: Fetching): void {
  const usual = fetching.getFragmentAtPosition;
  fetching.getFragmentAtPosition = (bufferEnd, end, details) => {
    const from = fetching.loadingParts ? bufferEnd + PAST_END_S : bufferEnd;
    let fragment = usual.call(fetching, from, end, details);
    while (fragment && isGap(fragment) && fragment.duration <= SHORT_GAP_S) {
      const next = details.fragments[fragment.sn + 1 - details.startSN];
      fragment = next ?? (fetching.loadingParts ? (details.fragmentHint ?? null) : null);
    }
    return fragment;
  };
}

/**
 * For a segment that is a gap hls.js fetches the initialization section all the same, goes to another layer meanwhile, and there ends
 * what it fetches, for good: a replay whose layers begin one after the other never began.
 */
function fetchNothingForGaps(fetching: Fetching): void {
  const usual = fetching.loadInitSegmentIfNeeded;
  fetching.loadInitSegmentIfNeeded = fragment =>
    isGap(fragment) ? undefined : usual.call(fetching, fragment);
}

/** hls.js takes what failed for a gap too, for a while; this one is a gap for everybody. */
function isGap({ tagList }: MediaFragment): boolean {
  return tagList.some(([tag]) => tag === 'GAP');
}

function isAllInParts(details: LevelDetails | undefined): boolean {
  return details?.live === true && details.partList?.[0]?.fragment.sn === details.startSN;
}

/**
 * hls.js takes a zero in a rendition report for none and asks the other rendition for the number that this one has come to, which
 * may be seconds away. Without the report it asks for what there is.
 */
export function dropMisreadReports(details: LevelDetails): void {
  const { renditionReports, lastPartSn, lastPartIndex } = details;
  if (!renditionReports) return;
  details.renditionReports = renditionReports.filter(
    report =>
      !(report['LAST-MSN'] === '0' && lastPartSn > 0) && !(report['LAST-PART'] === '0' && lastPartIndex > 0),
  );
}
