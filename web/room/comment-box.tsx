import { SendHorizontal } from 'lucide-preact';
import { useState } from 'preact/hooks';
import { COMMENT_GRAPHEMES_MAX, countGraphemes, showsSomething } from '#contract/text.ts';
import { me } from '../net/session.ts';
import { ButtonLink, IconButton } from '../ui/button.tsx';
import { toastError } from '../ui/toast.tsx';
import type { Room } from './room.ts';
import './comment-box.css';

interface CommentBoxProps {
  readonly room: Room;
  /** Of the picture on the screen when somebody speaks. */
  readonly mediaTimeMs: () => number | null;
}

/** One line to write in; what was typed stays until the server has it. */
export function CommentBox({ room, mediaTimeMs }: CommentBoxProps) {
  const [text, setText] = useState('');
  const [sending, setSending] = useState(false);
  if (!me.value) return <SignInToTakePart />;
  const tooLong = countGraphemes(text) > COMMENT_GRAPHEMES_MAX;
  const send = async (event: Event) => {
    event.preventDefault();
    const said = text.trim();
    if (!showsSomething(said) || sending || tooLong) return;
    setSending(true);
    try {
      await room.say(said, mediaTimeMs());
      setText(typed => (typed === text ? '' : typed));
    } catch (thrown) {
      toastError(thrown);
    } finally {
      setSending(false);
    }
  };
  return (
    <form class="comment-box" onSubmit={event => void send(event)}>
      <input
        type="text"
        aria-label="Comment"
        placeholder="Say something"
        value={text}
        dir="auto"
        autocomplete="off"
        enterkeyhint="send"
        aria-invalid={tooLong}
        onInput={event => setText(event.currentTarget.value)}
      />
      {!showsSomething(text) ? null : (
        <IconButton label={tooLong ? 'Too long' : 'Send'} type="submit" disabled={sending || tooLong}>
          <SendHorizontal size={20} strokeWidth={1.75} />
        </IconButton>
      )}
    </form>
  );
}

function SignInToTakePart() {
  return (
    <div class="comment-sign-in">
      <ButtonLink kind="outline" href="/sign-in">
        Sign in to comment
      </ButtonLink>
    </div>
  );
}
