import { useState } from 'preact/hooks';
import { api, type Reply } from '../net/api.ts';
import { Age } from '../ui/age.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorState, Skeleton } from '../ui/states.tsx';
import { toast, toastError } from '../ui/toast.tsx';
import { useSettingsList } from './settings-list.ts';

type Session = Reply<'listSessions'>['items'][number];

/** Where one is signed in, and a way out of each. */
export function SessionSettings() {
  const { items, error, again } = useSettingsList(() => api('listSessions'));
  const [busy, setBusy] = useState(false);
  const end = async (ended: Promise<unknown>, said: string) => {
    setBusy(true);
    await ended.then(() => toast({ text: said }), toastError);
    setBusy(false);
    again();
  };
  const others = items?.some(session => !session.current) ?? false;
  return (
    <section aria-labelledby="settings-sessions">
      <h2 id="settings-sessions">Where you are signed in</h2>
      {error && !items ? <ErrorState error={error} onRetry={again} /> : null}
      {!items && !error ? <Skeleton height="60px" /> : null}
      <ul class="settings-list">
        {inOrder(items).map(session => (
          <li key={session.id}>
            <SessionWords session={session} />
            {session.current ? null : (
              <Button
                size="small"
                busy={busy}
                aria-label={`Sign out ${session.device}`}
                onClick={() =>
                  void end(api('revokeSession', { params: { id: session.id } }), 'Signed out there.')
                }
              >
                Sign out
              </Button>
            )}
          </li>
        ))}
      </ul>
      {others ? (
        <div class="settings-row">
          <Button
            size="small"
            busy={busy}
            onClick={() => void end(api('revokeSessions'), 'Signed out everywhere else.')}
          >
            Sign out everywhere else
          </Button>
        </div>
      ) : null}
    </section>
  );
}

/** This browser first. */
function inOrder(items: readonly Session[] | null): readonly Session[] {
  return (items ?? []).toSorted((a, b) => Number(b.current) - Number(a.current));
}

function SessionWords({ session }: { readonly session: Session }) {
  return (
    <div class="settings-words">
      <b>{session.device}</b>
      <p>
        {session.current ? (
          'This browser'
        ) : (
          <>
            Last used <Age at={session.lastUsedAt} />
          </>
        )}
        {session.place ? <> · {session.place}</> : null}
      </p>
    </div>
  );
}
