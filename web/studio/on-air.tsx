import { Eye } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { CommentsOverlay } from '../room/comments.tsx';
import { HeartFountain } from '../room/heart-fountain.ts';
import { HeartsLayer } from '../room/hearts.tsx';
import type { Room } from '../room/room.ts';
import { Troubles } from '../room/troubles.tsx';
import { Button, ButtonLink } from '../ui/button.tsx';
import { formatCount, formatDuration } from '../ui/format.ts';
import { LivePill } from '../ui/pill.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { DeviceSheet } from './device-sheet.tsx';
import { FlipOrChoose, MuteButton } from './framing.tsx';
import { guardLeaving } from './leave-guard.ts';
import type { Studio } from './studio.ts';
import { keepAwake } from './wake-lock.ts';
import './sheets.css';
import './on-air.css';

const COMMENTS_SHOWN = 4;

/** What one sees of one's own broadcast while it is live. */
export function OnAir({ studio, room }: { readonly studio: Studio; readonly room: Room }) {
  const [ending, setEnding] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const [fountain] = useState(() => new HeartFountain());
  useEffect(() => fountain.listenTo(room), [fountain, room]);
  useEffect(() => keepAwake(), []);
  useEffect(() => guardLeaving(() => setEnding(true)), []);
  return (
    <section class="on-air on-video" aria-label="You are live">
      <header class="on-air-top">
        <div class="on-air-facts">
          <Clock room={room} />
          <span class="watch-viewers">
            <Eye size={16} strokeWidth={1.75} aria-hidden="true" />
            {formatCount(room.viewers.value)}
            <span class="visually-hidden">watching</span>
          </span>
          <span class="on-air-hearts">
            <span class="on-air-heart" aria-hidden="true" />
            {formatCount(room.hearts.value)}
            <span class="visually-hidden">hearts</span>
          </span>
        </div>
        <Button class="on-air-end" onClick={() => setEnding(true)}>
          End
        </Button>
      </header>
      {studio.uplink.value === 'taken-over' ? null : <Uplink studio={studio} />}
      <Troubles room={room} />
      {studio.uplink.value === 'taken-over' ? <TakenOver studio={studio} /> : null}
      <footer class="on-air-foot">
        <CommentsOverlay room={room} comments={room.comments} shown={COMMENTS_SHOWN} />
        <div class="on-air-tools">
          <MuteButton studio={studio} />
          <FlipOrChoose studio={studio} onChoose={() => setChoosing(true)} />
        </div>
      </footer>
      <HeartsLayer fountain={fountain} />
      {choosing ? <DeviceSheet studio={studio} onClose={() => setChoosing(false)} /> : null}
      {ending ? <EndSheet studio={studio} onClose={() => setEnding(false)} /> : null}
    </section>
  );
}

/** How long it has been live, by this device's clock since it heard so. */
function Clock({ room }: { readonly room: Room }) {
  const [elapsedMs, setElapsedMs] = useState(0);
  const startedAt = room.broadcast.value?.startedAt;
  useEffect(() => {
    if (!startedAt) return;
    const tick = () => setElapsedMs(Math.max(0, Date.now() - Date.parse(startedAt)));
    tick();
    const timer = setInterval(tick, 1_000);
    return () => clearInterval(timer);
  }, [startedAt]);
  return <LivePill after={formatDuration(elapsedMs)} />;
}

const UPLINK_WORDS = {
  good: 'Connection good',
  smaller: 'Weak uplink: viewers get a smaller picture',
  weak: 'Connection weak: the picture may blur',
  'very-weak': 'Connection very weak: move closer to the Wi-Fi, or change network',
  reconnecting: 'Reconnecting… stay here, your broadcast waits',
} as const;

function Uplink({ studio }: { readonly studio: Studio }) {
  const uplink = studio.uplink.value === 'reconnecting' ? 'reconnecting' : studio.health.value;
  return (
    <p class="uplink" data-uplink={uplink} role="status">
      <span class="uplink-dot" aria-hidden="true" />
      {UPLINK_WORDS[uplink]}
    </p>
  );
}

/** Another device of the same person sends the picture now. */
function TakenOver({ studio }: { readonly studio: Studio }) {
  return (
    <section class="taken-over" role="alert">
      <h2>Another device took over</h2>
      <p>Your broadcast goes on from there. This camera is no longer seen.</p>
      <Button kind="live" onClick={() => studio.takeBack()}>
        Take it back
      </Button>
      <ButtonLink kind="outline" href="/">
        Leave it there
      </ButtonLink>
    </section>
  );
}

function EndSheet({ studio, onClose }: { readonly studio: Studio; readonly onClose: () => void }) {
  return (
    <Sheet label="End the broadcast?" onClose={onClose}>
      <div class="end-sheet">
        <h2>End the broadcast?</h2>
        <p>Everybody watching sees the end. The replay stays at the same place.</p>
        <Button kind="danger" onClick={() => void studio.end()}>
          End broadcast
        </Button>
        <Button kind="primary" onClick={onClose}>
          Keep going
        </Button>
      </div>
    </Sheet>
  );
}
