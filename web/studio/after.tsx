import type { Room } from '../room/room.ts';
import { go } from '../router.ts';
import { ButtonLink } from '../ui/button.tsx';
import { formatDuration, plural } from '../ui/format.ts';
import type { Studio } from './studio.ts';
import './after.css';

/** After the end: what it was, and where its replay is. */
export function After({ studio, room }: { readonly studio: Studio; readonly room: Room }) {
  const broadcast = room.broadcast.value;
  const saved = broadcast?.state === 'archived';
  return (
    <section class="after" aria-label="Broadcast ended">
      <div role="status">
        <h1 tabIndex={-1}>{headingOf(room)}</h1>
        {studio.problem.value === null ? null : <p>{studio.problem.value}</p>}
      </div>
      {broadcast === null || room.deleted.value ? null : (
        <>
          <p class="after-title" dir="auto">
            {broadcast.title}
          </p>
          <p class="after-facts">
            {formatDuration(broadcast.durationMs ?? 0)} · {plural(room.hearts.value, 'heart')} ·{' '}
            {plural(broadcast.comments, 'comment')}
          </p>
          <ButtonLink kind="primary" href={`/p/${broadcast.postId}`} onClick={leave}>
            {saved ? 'Watch the replay' : 'See the post'}
          </ButtonLink>
        </>
      )}
      <ButtonLink kind="quiet" href="/" onClick={leave}>
        Home
      </ButtonLink>
    </section>
  );
}

function headingOf(room: Room): string {
  if (room.deleted.value) return 'Your broadcast is over';
  return room.broadcast.value?.state === 'archived' ? 'Your replay is ready' : 'Saving your replay…';
}

/** The way back from there leads past this page: the broadcast is over. */
function leave(event: MouseEvent): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || !(event.currentTarget instanceof HTMLAnchorElement))
    return;
  event.preventDefault();
  go(event.currentTarget.href, { replace: true });
}
