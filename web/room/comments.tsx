import { type ReadonlySignal, signal } from '@preact/signals';
import { Volume2, VolumeX } from 'lucide-preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Comment } from '#contract/api/types.ts';
import { Avatar } from '../ui/avatar.tsx';
import { IconButton } from '../ui/button.tsx';
import { MoreAboutComment, RemoveComment } from './remove-comment.tsx';
import type { Room } from './room.ts';
import { Said } from './said.tsx';
import './comments.css';

const READ_ALOUD_KEY = 'skylark.comments-aloud';
/** How near to the end still counts as reading along. */
const NEAR_END_PX = 48;

/** A busy room would talk over the broadcast: new comments are announced only to who asks for it. */
const readAloud = signal(localStorage.getItem(READ_ALOUD_KEY) === 'yes');

interface CommentsProps {
  readonly room: Pick<Room, 'removed' | 'mayRemove' | 'remove'>;
  readonly comments: ReadonlySignal<readonly Comment[]>;
}

/** Without those that were taken away. */
function present({ room, comments }: CommentsProps): readonly Comment[] {
  const removed = room.removed.value;
  return removed.size === 0 ? comments.value : comments.value.filter(({ id }) => !removed.has(id));
}

interface RowProps {
  readonly room: CommentsProps['room'];
  readonly comment: Comment;
  readonly linked?: boolean;
  readonly onAsk: (comment: Comment) => void;
}

function Row({ room, comment, linked = false, onAsk }: RowProps) {
  return (
    <li>
      <Avatar account={comment.author} size={24} />
      <Said comment={comment} linked={linked} />
      <MoreAboutComment room={room} comment={comment} onAsk={onAsk} />
    </li>
  );
}

/** Comments over the picture, newest at the foot; older ones fade. */
export function CommentsOverlay({ shown, ...props }: CommentsProps & { readonly shown: number }) {
  const [asked, setAsked] = useState<Comment | null>(null);
  return (
    <>
      <ol class="comments-overlay" aria-label="Conversation" aria-live={readAloud.value ? 'polite' : 'off'}>
        {present(props)
          .slice(-shown)
          .map(comment => (
            <Row key={comment.seq} room={props.room} comment={comment} onAsk={setAsked} />
          ))}
      </ol>
      {asked ? <RemoveComment room={props.room} comment={asked} onClose={() => setAsked(null)} /> : null}
    </>
  );
}

/** All comments beside the picture. Follows the newest until somebody scrolls up to read. */
export function CommentsLog({ empty, ...props }: CommentsProps & { readonly empty: string }) {
  const list = useRef<HTMLOListElement>(null);
  const following = useRef(true);
  const [asked, setAsked] = useState<Comment | null>(null);
  const items = present(props);
  useLayoutEffect(() => {
    const element = list.current;
    if (items.length > 0 && element !== null && following.current) element.scrollTop = element.scrollHeight;
  }, [items]);
  const scrolled = () => {
    const element = list.current;
    if (element === null) return;
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
  };
  if (items.length === 0) return <p class="comments-empty">{empty}</p>;
  return (
    <>
      <ol
        ref={list}
        class="comments-log"
        aria-label="Conversation"
        aria-live={readAloud.value ? 'polite' : 'off'}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        onScroll={scrolled}
      >
        {items.map(comment => (
          <Row key={comment.seq} room={props.room} comment={comment} linked onAsk={setAsked} />
        ))}
      </ol>
      {asked ? <RemoveComment room={props.room} comment={asked} onClose={() => setAsked(null)} /> : null}
    </>
  );
}

/** Turns announcing of new comments on and off. */
export function ReadAloudToggle() {
  const on = readAloud.value;
  const toggle = () => {
    readAloud.value = !on;
    localStorage.setItem(READ_ALOUD_KEY, on ? 'no' : 'yes');
  };
  return (
    <IconButton label="Announce what is said to screen readers" aria-pressed={on} onClick={toggle}>
      {on ? <Volume2 size={20} strokeWidth={1.75} /> : <VolumeX size={20} strokeWidth={1.75} />}
    </IconButton>
  );
}
