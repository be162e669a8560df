import { useEffect, useState } from 'preact/hooks';
import type { Account } from '#contract/api/types.ts';
import { compose } from '../composer/composer-state.ts';
import { ApiProblem, api } from '../net/api.ts';
import { me } from '../net/session.ts';
import { place } from '../router.ts';
import { type Feed, feedFor } from '../timeline/feed.ts';
import { FeedList, PostSkeletons } from '../timeline/feed-list.tsx';
import { type AccountEntry, fetchAccount, knownAccount } from '../timeline/people.ts';
import type { PostEntry } from '../timeline/posts.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { EmptyState, ErrorState } from '../ui/states.tsx';
import { type Tab, Tabs } from '../ui/tabs.tsx';
import { NotFoundPage } from './not-found.tsx';
import { ProfileHead } from './profile-head.tsx';

const tabs = [
  { id: 'posts', label: 'Posts' },
  { id: 'live', label: 'Live and replays' },
] as const satisfies readonly Tab[];
type TabId = (typeof tabs)[number]['id'];

const hasBroadcast = (entry: PostEntry) => Boolean(entry.value?.broadcast);

/** Somebody's page: who they are and what they posted. */
export default function ProfilePage({ handle }: { readonly handle: string }) {
  const { entry, error, retry } = useAccount(handle);
  useTitle(entry?.value.displayName ?? `@${handle}`);
  const own = me.value?.handle === handle;
  if (error instanceof ApiProblem && error.code === 'not-found') return <NotFoundPage what="account" />;
  return (
    <>
      <PageHeader title="Profile" {...(own ? {} : { backTo: '/' })} />
      {entry ? (
        <>
          <ProfileHead entry={entry} />
          <ProfilePosts account={entry.value} />
        </>
      ) : error ? (
        <ErrorState error={error} onRetry={retry} />
      ) : (
        <PostSkeletons />
      )}
    </>
  );
}

function ProfilePosts({ account }: { readonly account: Account }) {
  const [tab, setTab] = useState<TabId>('posts');
  const feed = postsOf(account.handle);
  useEffect(() => {
    if (feed.status.peek() === 'idle' || !place.peek().returning) void feed.reload();
  }, [feed]);
  return (
    <Tabs label="What to show" tabs={tabs} chosen={tab} onChoose={setTab}>
      {tab === 'posts' ? (
        <FeedList feed={feed} label="Posts" empty={<NoPosts account={account} />} />
      ) : (
        <FeedList
          feed={feed}
          label="Live and replays"
          empty={<NoBroadcasts account={account} />}
          only={hasBroadcast}
        />
      )}
    </Tabs>
  );
}

function NoPosts({ account }: { readonly account: Account }) {
  if (!account.viewer?.self) {
    return <EmptyState title="No posts yet">What {account.displayName} writes will be here.</EmptyState>;
  }
  return (
    <EmptyState
      title="No posts yet"
      action={
        <Button kind="primary" onClick={() => compose()}>
          Write the first one
        </Button>
      }
    >
      What you write will be here, newest first.
    </EmptyState>
  );
}

function NoBroadcasts({ account }: { readonly account: Account }) {
  if (!account.viewer?.self) {
    return (
      <EmptyState title="Never live yet">
        Broadcasts of {account.displayName} and their replays will be here.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="Never live yet"
      action={
        <ButtonLink kind="live" href="/go-live">
          Go Live
        </ButtonLink>
      }
    >
      Your broadcasts and their replays will be here.
    </EmptyState>
  );
}

function postsOf(handle: string): Feed {
  return feedFor(`posts:${handle}`, cursor =>
    api('listAccountPosts', { params: { handle }, query: cursor === undefined ? {} : { cursor } }),
  );
}

/** An account by its handle: what is known at once, and what the server says after. */
function useAccount(handle: string) {
  const [tries, setTries] = useState(0);
  const [found, setFound] = useState<{ handle: string; entry?: AccountEntry; error?: unknown }>({ handle });
  useEffect(() => {
    let here = true;
    fetchAccount(handle).then(
      entry => here && setFound({ handle, entry }),
      (error: unknown) => here && setFound({ handle, error }),
    );
    return () => {
      here = false;
    };
  }, [handle, tries]);
  const current = found.handle === handle ? found : { handle };
  return {
    entry: current.entry ?? knownAccount(handle),
    error: current.error,
    retry: () => setTries(tries + 1),
  };
}
