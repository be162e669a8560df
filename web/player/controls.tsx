import {
  Captions,
  CaptionsOff,
  Maximize,
  Minimize,
  Pause,
  PictureInPicture2,
  Play,
  Volume1,
  Volume2,
  VolumeX,
} from 'lucide-preact';
import 'media-chrome/dist/media-controller.js';
import 'media-chrome/dist/media-control-bar.js';
import 'media-chrome/dist/media-play-button.js';
import 'media-chrome/dist/media-mute-button.js';
import 'media-chrome/dist/media-captions-button.js';
import 'media-chrome/dist/media-pip-button.js';
import 'media-chrome/dist/media-fullscreen-button.js';
import 'media-chrome/dist/media-time-range.js';
import 'media-chrome/dist/media-time-display.js';
import { heartArea } from '../room/heart-curve.ts';
import { LiveScrubber } from './live-scrubber.tsx';
import type { Watcher } from './watcher.ts';

const icon = { size: 22, strokeWidth: 1.75, 'aria-hidden': true } as const;

export interface ControlsProps {
  readonly replay: boolean;
  readonly watcher: Watcher;
  /** Heights of the hearts' curve over the replay's length; empty for none. */
  readonly hearts: readonly number[];
}

/** media-chrome's controls in our icons. Each shows what the media element confirmed, not what was asked of it. */
export default function Controls({ replay, watcher, hearts }: ControlsProps) {
  return (
    <media-control-bar class="controls" data-replay={replay || undefined}>
      {replay ? <Scrubber hearts={hearts} /> : <LiveScrubber watcher={watcher} />}
      <media-play-button class="control-play" notooltip>
        <Play slot="play" {...icon} />
        <Pause slot="pause" {...icon} />
      </media-play-button>
      {replay ? <media-time-display class="control-time" showduration /> : null}
      <span class="control-space" />
      <media-captions-button class="control-captions" notooltip>
        <Captions slot="on" {...icon} />
        <CaptionsOff slot="off" {...icon} />
      </media-captions-button>
      <media-mute-button notooltip>
        <VolumeX slot="off" {...icon} />
        <Volume1 slot="low" {...icon} />
        <Volume1 slot="medium" {...icon} />
        <Volume2 slot="high" {...icon} />
      </media-mute-button>
      <media-pip-button class="control-pip" notooltip>
        <PictureInPicture2 slot="icon" {...icon} />
      </media-pip-button>
      <media-fullscreen-button notooltip>
        <Maximize slot="enter" {...icon} />
        <Minimize slot="exit" {...icon} />
      </media-fullscreen-button>
    </media-control-bar>
  );
}

function Scrubber({ hearts }: { readonly hearts: readonly number[] }) {
  return (
    <span class="scrubber">
      <media-time-range />
      {hearts.length > 0 ? (
        <svg class="heart-curve" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
          <path d={heartArea(hearts)} vector-effect="non-scaling-stroke" />
        </svg>
      ) : null}
    </span>
  );
}
