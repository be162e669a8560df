import { useEffect, useState } from 'preact/hooks';
import { api } from '../net/api.ts';
import { Button } from '../ui/button.tsx';
import { forgetBroadcast, type OpenBroadcast, rememberedBroadcast } from './open-broadcast.ts';
import { endBroadcast, type Studio } from './studio.ts';

/** After a reload in the middle of a broadcast: the way back on air. */
export function Unfinished({ studio }: { readonly studio: Studio }) {
  const [broadcast, setBroadcast] = useState<OpenBroadcast | null>(null);
  useEffect(() => {
    const remembered = rememberedBroadcast();
    if (remembered === null) return;
    api('getBroadcast', { params: { id: remembered.id } }).then(
      ({ state }) => {
        if (state === 'live' || state === 'interrupted') setBroadcast(remembered);
        else forgetBroadcast();
      },
      () => forgetBroadcast(),
    );
  }, []);
  if (broadcast === null || studio.stage.value !== 'framing') return null;
  const end = () => {
    setBroadcast(null);
    forgetBroadcast();
    void endBroadcast(broadcast.id);
  };
  return (
    <section class="unfinished" aria-label="Unfinished broadcast">
      <p>
        <bdi>{broadcast.title}</bdi> is still open.
      </p>
      <Button
        kind="live"
        disabled={studio.camera.value === null}
        onClick={() => void studio.resume(broadcast)}
      >
        Go back on air
      </Button>
      <Button kind="outline" onClick={end}>
        End it
      </Button>
    </section>
  );
}
