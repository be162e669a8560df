import { useState } from 'preact/hooks';
import type { Post } from '#contract/api/types.ts';
import { countGraphemes, POST_GRAPHEMES_MAX, showsSomething } from '#contract/text.ts';
import { me } from '../net/session.ts';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { CounterRing } from './counter-ring.tsx';
import { draftFor, setDraft } from './draft.ts';
import { send } from './send.ts';
import { TextArea } from './text-area.tsx';
import './reply-box.css';

/** The line under a post in which one answers it; shares its draft with the composer. */
export function ReplyBox({ post }: { readonly post: Post }) {
  const text = draftFor(post.id);
  const length = countGraphemes(text);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  if (!me.value) return null;
  const sendable = showsSomething(text) && length <= POST_GRAPHEMES_MAX;

  const submit = async () => {
    if (!sendable || busy) return;
    setBusy(true);
    setError(await send(post.id, post));
    setBusy(false);
  };

  return (
    <form
      class="reply-box"
      onSubmit={event => {
        event.preventDefault();
        void submit();
      }}
    >
      <Avatar account={me.value} />
      <TextArea
        label={`Reply to ${post.author.displayName}`}
        placeholder="Write a reply"
        value={text}
        onInput={typed => setDraft(post.id, typed)}
        onSubmit={() => void submit()}
      />
      <CounterRing length={length} max={POST_GRAPHEMES_MAX} />
      <Button kind="primary" size="small" type="submit" busy={busy} disabled={!sendable}>
        Reply
      </Button>
      {error ? (
        <p class="composer-error" role="alert">
          {error}
        </p>
      ) : null}
    </form>
  );
}
