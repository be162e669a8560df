import { useSignal } from '@preact/signals';
import { Play, VolumeX } from 'lucide-preact';
import type { ComponentChildren, ComponentType } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../ui/button.tsx';
import type { ControlsProps } from './controls.tsx';
import { DoubleTap } from './double-tap.ts';
import { preferenceOf } from './preference.ts';
import { Still } from './still.ts';
import { Watcher } from './watcher.ts';
import './player.css';

const STAGE_ID = 'stage';
const CONTROLS_WITHIN_MS = 1_500;

interface PlayerProps {
  /** Epoch of the broadcast's media, in ms; null until known. */
  readonly startedAtMs: () => number | null;
  /** Called once with what keeps pictures on the screen, and with null when the player goes. */
  readonly onWatcher: (watcher: Watcher | null) => void;
  readonly replay: boolean;
  readonly hearts: readonly number[];
  /** Two taps on the picture, in px within the stage. */
  readonly onDoubleTap?: (point: { x: number; y: number }) => void;
  /** What lies over the picture. */
  readonly children?: ComponentChildren;
}

/** One `<video>` for the whole life of a broadcast, with its controls and what lies over it. */
export function Player({ startedAtMs, onWatcher, replay, hearts, onDoubleTap, children }: PlayerProps) {
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const [watcher, setWatcher] = useState<Watcher | null>(null);
  // The watcher lives as long as the element.
  useEffect(() => {
    const created = new Watcher(
      video.current!,
      new Still(video.current!, still.current!),
      startedAtMs,
      preferenceOf(location.search),
    );
    setWatcher(created);
    onWatcher(created);
    return () => {
      onWatcher(null);
      created.close();
    };
  }, []);
  const [doubleTap] = useState(() => new DoubleTap());
  const tapped = (event: PointerEvent) => {
    const point = doubleTap.up(event);
    if (point !== null) onDoubleTap?.(point);
  };
  return (
    <div class="stage" id={STAGE_ID} data-replay={replay || undefined} onPointerUp={tapped}>
      <canvas ref={still} class="stage-still" hidden />
      <media-controller
        fullscreenelement={STAGE_ID}
        gesturesdisabled
        nomutedpref
        noautoseektolive
        defaultstreamtype={replay ? 'on-demand' : 'live'}
      >
        <Video element={video} watcher={watcher} />
        {watcher === null ? null : (
          <LazyControls replay={replay} hearts={hearts} video={video} watcher={watcher} />
        )}
      </media-controller>
      {children}
      {watcher === null ? null : <SoundAndStart watcher={watcher} />}
    </div>
  );
}

interface VideoProps {
  readonly element: { current: HTMLVideoElement | null };
  readonly watcher: Watcher | null;
}

/** The element, saying of itself what it confirmed. */
function Video({ element, watcher }: VideoProps) {
  const state = useSignal('idle');
  const portrait = useSignal(false);
  useEffect(() => {
    const video = element.current!;
    const abort = new AbortController();
    const on = (event: string, run: () => void) =>
      video.addEventListener(event, run, { signal: abort.signal });
    for (const [event, name] of STATES)
      on(event, () => {
        state.value = name;
      });
    on('resize', () => {
      portrait.value = video.videoHeight > video.videoWidth;
    });
    return () => abort.abort();
  }, [element, state, portrait]);
  return (
    // biome-ignore lint/a11y/useMediaCaption: live captions arrive as text tracks of the stream when there are any
    <video
      ref={element}
      slot="media"
      playsInline
      data-player
      data-mode={watcher?.mode.value ?? undefined}
      data-state={state.value}
      data-portrait={portrait.value || undefined}
    />
  );
}

const STATES = [
  ['loadstart', 'loading'],
  ['playing', 'playing'],
  ['pause', 'paused'],
  ['waiting', 'stalled'],
  ['ended', 'ended'],
  ['error', 'error'],
  ['emptied', 'idle'],
] as const;

interface LazyControlsProps extends ControlsProps {
  readonly video: { current: HTMLVideoElement | null };
}

/** The controls come after the first picture, which they would otherwise delay. */
function LazyControls({ replay, hearts, video, watcher }: LazyControlsProps) {
  const [Controls, setControls] = useState<ComponentType<ControlsProps> | null>(null);
  const [late, setLate] = useState(false);
  const wanted = late || watcher.status.value === 'showing';
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), CONTROLS_WITHIN_MS);
    return () => clearTimeout(timer);
  }, []);
  useEffect(() => {
    if (!wanted) return;
    import('./controls.tsx').then(
      module => setControls(() => module.default),
      // Without the chunk the browser's own controls do.
      () => {
        if (video.current !== null) video.current.controls = true;
      },
    );
  }, [wanted, video]);
  return Controls === null ? null : <Controls replay={replay} watcher={watcher} hearts={hearts} />;
}

/** The two taps there may be before a picture: one to play at all, one to hear. */
function SoundAndStart({ watcher }: { readonly watcher: Watcher }) {
  if (watcher.status.value === 'blocked') {
    return (
      <button type="button" class="stage-play" aria-label="Play" onClick={() => void watcher.autoplay.play()}>
        <Play size={32} strokeWidth={1.75} aria-hidden="true" />
      </button>
    );
  }
  if (!watcher.autoplay.mutedByBrowser.value) return null;
  return (
    <Button class="stage-unmute" kind="primary" size="small" onClick={() => watcher.autoplay.unmute()}>
      <VolumeX size={18} strokeWidth={1.75} aria-hidden="true" />
      Unmute
    </Button>
  );
}
