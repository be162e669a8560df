import { useEffect, useState } from 'preact/hooks';
import { After } from '../studio/after.tsx';
import { CameraTrouble, Framing } from '../studio/framing.tsx';
import { OnAir } from '../studio/on-air.tsx';
import { Preview } from '../studio/preview.tsx';
import { Studio } from '../studio/studio.ts';
import { useBareChrome, useTitle } from '../ui/chrome.ts';
import './go-live.css';

/** From framing the picture to the saved replay. */
export default function GoLivePage() {
  const [studio] = useState(() => new Studio());
  useBareChrome();
  useTitle('Go Live');
  useEffect(() => {
    void studio.frame();
    return () => studio.close();
  }, [studio]);
  const stage = studio.stage.value;
  const room = studio.room.value;
  return (
    <div class="studio" data-stage={stage}>
      {stage === 'over' && room !== null ? (
        <After studio={studio} room={room} />
      ) : (
        <>
          <h1 class="visually-hidden" tabIndex={-1}>
            Go Live
          </h1>
          <Preview studio={studio} />
          {stage === 'live' && room !== null ? (
            <OnAir studio={studio} room={room} />
          ) : (
            <Framing studio={studio} />
          )}
          <CameraTrouble studio={studio} />
        </>
      )}
    </div>
  );
}
