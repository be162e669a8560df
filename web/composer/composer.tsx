import { Radio, X } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { Post } from '#contract/api/types.ts';
import { countGraphemes, POST_GRAPHEMES_MAX, showsSomething } from '#contract/text.ts';
import { me } from '../net/session.ts';
import { go } from '../router.ts';
import { Byline } from '../timeline/post-card.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { Button, IconButton } from '../ui/button.tsx';
import { Sheet } from '../ui/sheet.tsx';
import { toast } from '../ui/toast.tsx';
import { closeComposer, composing } from './composer-state.ts';
import { CounterRing } from './counter-ring.tsx';
import { draftFor, NEW_POST, setDraft } from './draft.ts';
import { send } from './send.ts';
import { TextArea } from './text-area.tsx';
import './composer.css';

/** The composer when it is open. Closing it keeps what was typed. */
export function Composer() {
  const open = composing.value;
  if (!open || !me.value) return null;
  return <ComposerSheet key={open.replyTo?.id ?? NEW_POST} replyTo={open.replyTo} />;
}

function ComposerSheet({ replyTo }: { readonly replyTo: Post | null }) {
  const key = replyTo?.id ?? NEW_POST;
  const text = draftFor(key);
  const length = countGraphemes(text);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const sendable = showsSomething(text) && length <= POST_GRAPHEMES_MAX;

  const submit = async () => {
    if (!sendable || busy) return;
    setBusy(true);
    setError(null);
    const failed = await send(key, replyTo);
    setBusy(false);
    if (failed) return setError(failed);
    closeComposer();
    toast({ text: replyTo ? 'Reply sent.' : 'Posted.' });
  };

  return (
    <Sheet label={replyTo ? 'Reply' : 'New post'} onClose={closeComposer} whole>
      <form
        class="composer"
        onSubmit={event => {
          event.preventDefault();
          void submit();
        }}
      >
        <header class="composer-head">
          <IconButton label="Close, keeping the draft" onClick={closeComposer}>
            <X size={24} />
          </IconButton>
          <CounterRing length={length} max={POST_GRAPHEMES_MAX} />
          <Button kind="primary" size="small" type="submit" busy={busy} disabled={!sendable}>
            {replyTo ? 'Reply' : 'Post'}
          </Button>
        </header>
        <div class="composer-body">
          {replyTo ? <Answered post={replyTo} /> : null}
          <div class="composer-write">
            {me.value ? <Avatar account={me.value} /> : null}
            <TextArea
              label={replyTo ? `Reply to ${replyTo.author.displayName}` : 'What you want to say'}
              placeholder={replyTo ? 'Your reply' : 'What is happening?'}
              value={text}
              onInput={typed => setDraft(key, typed)}
              onSubmit={() => void submit()}
              focused
            />
          </div>
        </div>
        {error ? (
          <p class="composer-error" role="alert">
            {error}
          </p>
        ) : null}
        {replyTo ? null : <GoLiveRow />}
      </form>
    </Sheet>
  );
}

function Answered({ post }: { readonly post: Post }) {
  return (
    <div class="composer-answered">
      <Avatar account={post.author} />
      <div>
        <Byline post={post} />
        <p dir="auto">{post.text || post.broadcast?.title}</p>
      </div>
    </div>
  );
}

/** The way to the camera; what is typed so far becomes the title there, and stays here. */
function GoLiveRow() {
  return (
    <footer class="composer-foot">
      <Button
        kind="live"
        onClick={() => {
          closeComposer();
          go('/go-live');
        }}
      >
        <Radio size={20} />
        Go Live
      </Button>
    </footer>
  );
}
