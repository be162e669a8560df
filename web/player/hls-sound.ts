import type Hls from 'hls.js';
import type { HlsConfig } from 'hls.js';

type SoundController = NonNullable<HlsConfig['audioStreamController']>;

/**
 * hls.js fetches live sound once the first picture told it the time, but looks for that only every 100 ms, twice; no
 * picture shows before there is sound. This one looks at once.
 */
export function promptSound(HlsPlayer: typeof Hls): SoundController | undefined {
  const Usual = HlsPlayer.DefaultConfig.audioStreamController;
  if (!Usual) return undefined;
  return class PromptSound extends Usual {
    constructor(...given: ConstructorParameters<SoundController>) {
      super(...given);
      given[0].on(HlsPlayer.Events.INIT_PTS_FOUND, () => {
        // The first look ends the wait, the second one fetches.
        this.tick();
        this.tick();
      });
    }
  };
}
