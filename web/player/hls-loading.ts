import type Hls from 'hls.js';
import type { Events, HlsConfig, LevelDetails } from 'hls.js';

type PictureController = HlsConfig['streamController'];
type SoundController = NonNullable<HlsConfig['audioStreamController']>;

/**
 * So far past the end of the buffer is looked for what comes next. hls.js knows where segments begin to a millisecond only, since
 * dates in playlists are no finer, and a browser says where its buffer ends to a microsecond: where the segment just fetched
 * seems to go on for a moment, a player that has not all of its parts asks for nothing until they have left the playlist, for over
 * three seconds.
 */
const PAST_END_S = 0.002;

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
