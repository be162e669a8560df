import { Mic, MicOff, Settings2, SwitchCamera, X } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import { countGraphemes, firstGraphemes, showsSomething, TITLE_GRAPHEMES_MAX } from '#contract/text.ts';
import { draftFor, NEW_POST, setDraft } from '../composer/draft.ts';
import { me } from '../net/session.ts';
import { troubleWords } from '../room/troubles.tsx';
import { back } from '../router.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { listDevices } from './camera.ts';
import { DeviceSheet } from './device-sheet.tsx';
import { MicMeter } from './mic-meter.tsx';
import { recallAnnounce, storeAnnounce } from './preferences.ts';
import type { Studio } from './studio.ts';
import { Unfinished } from './unfinished.tsx';

const icon = { size: 24, strokeWidth: 1.75, 'aria-hidden': true } as const;

/** The viewfinder before one is live: what will be seen, what it is called, and the button. */
export function Framing({ studio }: { readonly studio: Studio }) {
  const draft = draftFor(NEW_POST).trim();
  const [title, setTitle] = useState(() => firstGraphemes(draft, TITLE_GRAPHEMES_MAX));
  const [announce, setAnnounce] = useState(recallAnnounce);
  const [choosing, setChoosing] = useState(false);
  const going = studio.stage.value === 'starting';
  const ready = studio.camera.value !== null && studio.hindrance === null;
  const tooLong = countGraphemes(title) > TITLE_GRAPHEMES_MAX;
  const goLive = async () => {
    await studio.goLive(showsSomething(title) ? title.trim() : defaultTitle(), announce);
    // The draft has become the title, whole; a longer one is still a post to be written.
    if (studio.stage.peek() === 'live' && draft === title.trim()) setDraft(NEW_POST, '');
  };
  return (
    <form
      class="framing on-video"
      onSubmit={event => {
        event.preventDefault();
        if (ready && !tooLong) void goLive();
      }}
    >
      <header class="framing-top">
        <IconButton label="Close, keeping the draft" onClick={() => back('/')}>
          <X {...icon} />
        </IconButton>
        <input
          class="framing-title"
          type="text"
          aria-label="Title"
          placeholder="What will people see?"
          value={title}
          dir="auto"
          enterkeyhint="done"
          aria-invalid={tooLong}
          onInput={event => setTitle(event.currentTarget.value)}
        />
      </header>
      <footer class="framing-foot">
        <p class="framing-word" role="status">
          {wordFor(studio, tooLong)}
        </p>
        <label class="framing-announce">
          <input
            type="checkbox"
            checked={announce}
            onChange={event => {
              setAnnounce(event.currentTarget.checked);
              storeAnnounce(event.currentTarget.checked);
            }}
          />
          Show it to my followers
        </label>
        <div class="framing-row">
          <MuteButton studio={studio} />
          <button class="go-live" type="submit" disabled={!ready || going || tooLong} aria-busy={going}>
            <span class="go-live-ring" aria-hidden="true" />
            <span class="go-live-words">Go Live</span>
          </button>
          <FlipOrChoose studio={studio} onChoose={() => setChoosing(true)} />
        </div>
        <Unfinished studio={studio} />
      </footer>
      {choosing ? <DeviceSheet studio={studio} onClose={() => setChoosing(false)} /> : null}
    </form>
  );
}

function wordFor(studio: Studio, tooLong: boolean): string {
  if (studio.hindrance !== null) return studio.hindrance;
  if (studio.problem.value !== null) return studio.problem.value;
  if (tooLong) return `A title has at most ${TITLE_GRAPHEMES_MAX} characters.`;
  if (studio.stage.value === 'starting') {
    const room = studio.room.value;
    const [trouble] = room?.troubles.value ?? [];
    return trouble === undefined ? 'Going live…' : troubleWords(trouble, room?.broadcast.value?.state);
  }
  if (studio.camera.value === null) return studio.cameraProblem.value === null ? 'Opening the camera…' : '';
  return studio.muted.value ? 'Your microphone is off.' : 'Ready when you are.';
}

function defaultTitle(): string {
  return `${me.peek()?.displayName ?? 'Somebody'} is live`;
}

/** The microphone's level as a ring around its switch. */
export function MuteButton({ studio }: { readonly studio: Studio }) {
  const muted = studio.muted.value;
  return (
    <span class="mute">
      <MicMeter stream={studio.camera.value} muted={muted} />
      <IconButton
        label={muted ? 'Turn the microphone on' : 'Turn the microphone off'}
        aria-pressed={muted}
        onClick={() => studio.toggleMute()}
      >
        {muted ? <MicOff {...icon} /> : <Mic {...icon} />}
      </IconButton>
    </span>
  );
}

/** Phones flip between front and back; where there is more to choose, or less, a sheet lists it. */
export function FlipOrChoose({
  studio,
  onChoose,
}: {
  readonly studio: Studio;
  readonly onChoose: () => void;
}) {
  const [canFlip, setCanFlip] = useState(false);
  const stream = studio.camera.value;
  useEffect(() => {
    if (stream === null) return;
    const facing = stream.getVideoTracks()[0]?.getSettings().facingMode;
    void listDevices().then(({ cameras }) => setCanFlip(facing !== undefined && cameras.length > 1));
  }, [stream]);
  if (!canFlip) {
    return (
      <IconButton label="Camera and microphone" onClick={onChoose}>
        <Settings2 {...icon} />
      </IconButton>
    );
  }
  const flip = () => void studio.frame({ facing: studio.facing === 'user' ? 'environment' : 'user' });
  return (
    <IconButton label="Flip the camera" onClick={flip}>
      <SwitchCamera {...icon} />
    </IconButton>
  );
}

/** In place of the picture: why there is no camera, and what to do. */
export function CameraTrouble({ studio }: { readonly studio: Studio }) {
  const problem = studio.cameraProblem.value;
  if (problem === null) return null;
  return (
    <div class="camera-trouble" role="alert">
      <h2>{problem.title}</h2>
      <p>{problem.advice}</p>
      <Button kind="outline" onClick={() => void studio.frame()}>
        Try again
      </Button>
    </div>
  );
}
