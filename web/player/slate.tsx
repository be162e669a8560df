import type { ReadonlySignal } from '@preact/signals';
import type { Broadcast } from '#contract/api/types.ts';
import { wordsFor as refusalWords } from '#contract/words.ts';
import { problemFrom } from '../net/api.ts';
import { Button } from '../ui/button.tsx';
import type { Watcher, WatchStatus } from './watcher.ts';

interface SlateProps {
  readonly broadcast: ReadonlySignal<Broadcast | null>;
  readonly problem: ReadonlySignal<unknown>;
  readonly watcher: Watcher | null;
  readonly onReload: () => void;
}

interface Words {
  readonly title: string;
  readonly detail?: string;
  /** Something is under way and will be over soon. */
  readonly busy?: boolean;
  readonly retry?: boolean;
}

/** What stands in place of a picture: why there is none, and what happens next. */
export function Slate({ broadcast, problem, watcher, onReload }: SlateProps) {
  const current = broadcast.value;
  if (current === null) {
    if (problem.value === null) return <SlateBox words={{ title: 'Loading…', busy: true }} />;
    const { message, advice } = problemFrom(problem.value);
    return <SlateBox words={{ title: message, detail: advice, retry: true }} onRetry={onReload} />;
  }
  const words = wordsFor(current, watcher?.status.value ?? 'idle', watcher?.refusal.value ?? null);
  return words === null ? null : <SlateBox words={words} onRetry={() => watcher?.retry()} />;
}

function SlateBox({ words, onRetry }: { readonly words: Words; readonly onRetry?: () => void }) {
  return (
    <div class="slate" role="status" data-busy={words.busy || undefined}>
      <p class="slate-title">{words.title}</p>
      {words.detail === undefined ? null : <p>{words.detail}</p>}
      {words.retry ? (
        <Button kind="outline" onClick={() => onRetry?.()}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

export function wordsFor(
  { state, playback }: Pick<Broadcast, 'state' | 'playback'>,
  status: WatchStatus,
  refusal: string | null = null,
): Words | null {
  if (state === 'starting')
    return { title: 'Not live yet', detail: 'The picture appears here when it starts.' };
  if (state === 'interrupted') {
    return { title: 'The broadcast was interrupted.', detail: 'It may come back.' };
  }
  if (state === 'ended')
    return { title: 'The broadcast has ended.', detail: 'Saving the replay…', busy: true };
  if (state === 'archived' && playback.hlsUrl === null)
    return { title: 'There is no replay of this broadcast.' };
  if (status === 'failed') {
    const refused = refusalWords('player', refusal);
    if (refused !== null) return { title: refused.says, detail: refused.todo, retry: true };
    const what = state === 'live' ? 'The picture does not come through.' : 'The replay does not play.';
    return { title: what, detail: 'Check the connection and try again.', retry: true };
  }
  if (status === 'joining' || status === 'idle') {
    return { title: state === 'live' ? 'Joining…' : 'Loading the replay…', busy: true };
  }
  if (status === 'sound-only')
    return { title: 'Sound only', detail: 'The connection is too weak for the picture.' };
  return status === 'stalled' ? { title: 'Catching up…', busy: true } : null;
}
