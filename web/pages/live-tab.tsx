import { Eye, Radio } from 'lucide-preact';
import { useEffect, useState } from 'preact/hooks';
import type { Broadcast } from '#contract/api/types.ts';
import { api } from '../net/api.ts';
import { noteLive } from '../net/live-now.ts';
import { me } from '../net/session.ts';
import { Age } from '../ui/age.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { formatCount } from '../ui/format.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { LivePill } from '../ui/pill.tsx';
import { EmptyState, ErrorState, Loading, Skeleton } from '../ui/states.tsx';
import { joinAtClick, prepareToWatch } from './post.tsx';
import './live-tab.css';

const REFRESH_MS = 10_000;

/** What is live now, newest first. */
export default function LiveTabPage() {
  useTitle('Live');
  const { broadcasts, error, load } = useLive();
  return (
    <>
      <PageHeader title="Live" />
      {broadcasts === null ? (
        error ? (
          <ErrorState error={error} onRetry={load} />
        ) : (
          <Loading what="broadcasts">
            <div class="live-skeleton">
              <Skeleton height="220px" />
            </div>
          </Loading>
        )
      ) : broadcasts.length === 0 ? (
        <NobodyLive />
      ) : (
        <ul class="live-cards">
          {broadcasts.map(broadcast => (
            <li key={broadcast.id}>
              <LiveCard broadcast={broadcast} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function LiveCard({ broadcast }: { readonly broadcast: Broadcast }) {
  const { id, owner, postId, startedAt, title, viewers } = broadcast;
  return (
    <a class="live-card" href={`/p/${postId}`} onClick={event => joinAtClick(id, event)}>
      <span class="live-card-top">
        <LivePill />
        <span class="live-card-viewers">
          <Eye size={16} strokeWidth={1.75} aria-hidden="true" />
          {formatCount(viewers)}
          <span class="visually-hidden">watching</span>
        </span>
      </span>
      <span class="live-card-title" dir="auto">
        {title}
      </span>
      <span class="live-card-who">
        <Avatar account={owner} size={32} live />
        <bdi>{owner.displayName}</bdi>
        {startedAt === null ? null : <Age at={startedAt} />}
      </span>
    </a>
  );
}

function NobodyLive() {
  return (
    <EmptyState
      title="Nobody is live right now"
      icon={<Radio size={32} strokeWidth={1.75} />}
      action={
        <ButtonLink kind="live" href={me.value ? '/go-live' : '/sign-up'}>
          Go Live
        </ButtonLink>
      }
    >
      Broadcasts appear here while they happen. Point your camera at something and be the first.
    </EmptyState>
  );
}

function useLive() {
  const [broadcasts, setBroadcasts] = useState<readonly Broadcast[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = () => {
    if (document.visibilityState !== 'visible') return;
    api('getLiveTimeline').then(({ items }) => {
      noteLive(items);
      // Who comes here wants to watch.
      if (items.length > 0) prepareToWatch();
      setBroadcasts(items);
      setError(null);
    }, setError);
  };
  useEffect(() => {
    load();
    const timer = setInterval(load, REFRESH_MS);
    document.addEventListener('visibilitychange', load);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', load);
    };
  }, []);
  return { broadcasts, error, load };
}
