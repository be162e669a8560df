import { useEffect, useRef } from 'preact/hooks';
import { watchLevel } from './mic-level.ts';

/** Shows that the microphone hears something. Decoration: screen readers hear for themselves. */
export function MicMeter({
  stream,
  muted,
}: {
  readonly stream: MediaStream | null;
  readonly muted: boolean;
}) {
  const meter = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    if (stream === null || muted || stream.getAudioTracks().length === 0) return;
    return watchLevel(stream, level => meter.current?.style.setProperty('--level', level.toFixed(3)));
  }, [stream, muted]);
  return <span ref={meter} class="mic-meter" data-muted={muted || undefined} aria-hidden="true" />;
}
