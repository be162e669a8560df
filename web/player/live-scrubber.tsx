import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { formatDuration } from '../ui/format.ts';
import type { Watcher } from './watcher.ts';

const TICK_MS = 500;
/** Nearer than this to the newest picture is live: players with ordinary HLS are some seconds behind. */
const LIVE_WITHIN_MS = 15_000;
const STEP_MS = 5_000;

/**
 * Rewinds a broadcast that is live. Its own range instead of media-chrome's: by WebRTC the media element knows of no past,
 * and the time that counts is the broadcast's.
 */
export function LiveScrubber({ watcher }: { readonly watcher: Watcher }) {
  const place = useSignal({ shownMs: 0, newestMs: 0 });
  /** Where the thumb is while it is held. */
  const held = useSignal<number | null>(null);
  useEffect(() => {
    const look = () => {
      const shownMs = watcher.mediaTimeMs();
      if (shownMs !== null) place.value = { shownMs, newestMs: shownMs + watcher.behindMs() };
    };
    look();
    const timer = setInterval(look, TICK_MS);
    return () => clearInterval(timer);
  }, [watcher, place]);
  const { shownMs, newestMs } = place.value;
  const value = held.value ?? shownMs;
  const behindMs = newestMs - value;
  const isBehind = watcher.rewound.value || behindMs > LIVE_WITHIN_MS;
  const behind = isBehind ? `${formatDuration(behindMs)} behind live` : 'Live';
  return (
    <span class="live-scrubber">
      <input
        type="range"
        aria-label="Rewind"
        aria-valuetext={behind}
        min={0}
        max={Math.floor(newestMs / STEP_MS) * STEP_MS}
        step={STEP_MS}
        value={isBehind || held.value !== null ? value : newestMs}
        onInput={event => {
          held.value = Number(event.currentTarget.value);
        }}
        onChange={event => {
          held.value = null;
          const wantedMs = Number(event.currentTarget.value);
          place.value = { shownMs: wantedMs, newestMs };
          if (newestMs - wantedMs < STEP_MS) watcher.goLive();
          else watcher.seek(wantedMs);
        }}
        // The arrows are this range's own, and not media-chrome's shortcuts.
        onKeyDown={event => event.stopPropagation()}
      />
      {isBehind ? (
        <>
          <span class="live-behind" aria-hidden="true">
            −{formatDuration(behindMs)}
          </span>
          <button type="button" class="live-edge" onClick={() => watcher.goLive()}>
            Go to live
          </button>
        </>
      ) : null}
    </span>
  );
}
