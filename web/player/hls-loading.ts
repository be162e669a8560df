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

/** What hls.js asks itself before each segment: whether to take it in parts. It is not among its public types. */
interface PartsQuestion {
  shouldLoadParts(details: LevelDetails | undefined, endS: number): boolean;
}

/** What hls.js fetches before a segment. It is not among its public types. */
interface BeforeSegment {
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
      takePartsFromTheBeginning(this);
      passOverGaps(this);
    }

    protected override getFragmentAtPosition(bufferEnd: number, end: number, details: LevelDetails) {
      return super.getFragmentAtPosition(
        this.loadingParts ? bufferEnd + PAST_END_S : bufferEnd,
        end,
        details,
      );
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
      takePartsFromTheBeginning(this);
      passOverGaps(this);
      given[0].on(timeFound, () => {
        // The first look ends the wait, the second one fetches.
        this.tick();
        this.tick();
      });
    }

    protected override getFragmentAtPosition(bufferEnd: number, end: number, details: LevelDetails) {
      return super.getFragmentAtPosition(
        this.loadingParts ? bufferEnd + PAST_END_S : bufferEnd,
        end,
        details,
      );
    }
  };
}

/**
 * hls.js wants its buffer to end further behind the first listed part than the segment in the making has grown to. In the first seconds
 * of a broadcast it does not, and what is to play next is waited for until that whole segment is made. Where all there is is
 * listed in parts, they can be taken at any place.
 */
function takePartsFromTheBeginning(controller: object): void {
  const question = controller as PartsQuestion;
  const usual = question.shouldLoadParts;
  question.shouldLoadParts = (details, endS) => usual.call(question, details, endS) || isAllInParts(details);
}

/**
 * For a segment that is a gap hls.js fetches the initialization segment all the same, goes to another layer meanwhile, and there ends
 * what it fetches, for good: a replay whose layers begin one after the other never began.
 */
function passOverGaps(controller: object): void {
  const before = controller as BeforeSegment;
  const usual = before.loadInitSegmentIfNeeded;
  before.loadInitSegmentIfNeeded = fragment =>
    fragment.tagList.some(([tag]) => tag === 'GAP') ? undefined : usual.call(before, fragment);
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
