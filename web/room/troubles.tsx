import { X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { BroadcastState, Trouble } from '#contract/api/types.ts';
import { IconButton } from '../ui/button.tsx';
import type { Room } from './room.ts';
import './troubles.css';

/** What the owner is told: what happens, and what to do. */
const WORDS: Readonly<Record<Trouble, string>> = {
  'no-picture':
    'No picture that can be decoded has come yet. If you send with OBS, set the keyframe interval to 2 s.',
  'reordered-pictures':
    'Your encoder sends B-frames, so people see you two seconds late. Turn them off: in OBS, set B-frames (bf) to 0, or the profile to baseline.',
  'not-reached':
    'An encoder asked to publish, and then nothing came from it. A firewall between it and this server may keep UDP out.',
  'not-secured':
    'An encoder reached this server, and the two could not agree on encryption (DTLS). Its certificate has to be ECDSA on the curve P-256, or RSA.',
  'not-recorded': 'Not recorded: the server’s disk is full, or fails.',
};

/** Pictures are seen, so what has none is another one. */
const NO_PICTURE_OF_THE_NEXT =
  'An encoder wants to take over, and no picture that can be decoded has come from it yet. If it is OBS, set the keyframe interval to 2 s.';

export function troubleWords(trouble: Trouble, state: BroadcastState | undefined): string {
  return trouble === 'no-picture' && state === 'live' ? NO_PICTURE_OF_THE_NEXT : WORDS[trouble];
}

/** Whoever knows it and sends on need not read it any longer; the others go when they are over. */
const CAN_BE_PUT_AWAY: readonly Trouble[] = ['reordered-pictures'];

/** What hampers one's own broadcast. */
export function Troubles({ room }: { readonly room: Room }) {
  const [putAway, setPutAway] = useState<readonly Trouble[]>([]);
  const troubles = room.troubles.value.filter(trouble => !putAway.includes(trouble));
  return (
    <div class="troubles" role="status">
      {troubles.map(trouble => (
        <p key={trouble} class="trouble" data-trouble={trouble}>
          {troubleWords(trouble, room.broadcast.value?.state)}
          {CAN_BE_PUT_AWAY.includes(trouble) ? (
            <IconButton label="Put this away" onClick={() => setPutAway([...putAway, trouble])}>
              <X size={20} strokeWidth={1.75} aria-hidden="true" />
            </IconButton>
          ) : null}
        </p>
      ))}
    </div>
  );
}
