import { useEffect, useRef } from 'preact/hooks';
import type { Studio } from './studio.ts';

/** One's own picture: silent, and mirrored for the camera that looks at oneself, as a mirror would. */
export function Preview({ studio }: { readonly studio: Studio }) {
  const video = useRef<HTMLVideoElement>(null);
  const stream = studio.camera.value;
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    element.srcObject = stream;
    // Starts by itself; a browser that refuses shows the first picture.
    if (stream !== null) element.play().catch(() => undefined);
  }, [stream]);
  const facing = stream?.getVideoTracks()[0]?.getSettings().facingMode;
  return (
    <video
      ref={video}
      class="preview"
      aria-label="Your camera"
      data-mirrored={facing !== 'environment' || undefined}
      muted
      playsInline
    />
  );
}
