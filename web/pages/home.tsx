import { useEffect } from 'preact/hooks';
import type { Feed } from '../timeline/feed.ts';
import { FeedList } from '../timeline/feed-list.tsx';
import { home } from '../timeline/home.ts';
import { LiveStrip } from '../timeline/live-strip.tsx';
import { NewPosts } from '../timeline/new-posts.tsx';
import { PeopleList, useSuggestions } from '../timeline/people-list.tsx';
import { Button } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { PageHeader } from '../ui/page-header.tsx';
import './home.css';

const SUGGESTED_MAX = 8;
/** A timeline with fewer posts than this has room for people to follow. */
const FEW_POSTS = 8;

/** The home timeline of whoever is signed in. */
export function HomePage() {
  useTitle('Home');
  const feed = home.value;
  useEffect(() => {
    if (feed.status.peek() === 'idle') void feed.reload();
  }, [feed]);
  return (
    <>
      <PageHeader title="Home" branded />
      <NewPosts />
      <LiveStrip feed={feed} />
      <FeedList feed={feed} label="Home timeline" empty={<EmptyHome />} ended={<HomeEnd feed={feed} />} />
    </>
  );
}

/** Below the last post; a timeline that is short because one follows few offers more people. */
function HomeEnd({ feed }: { readonly feed: Feed }) {
  return feed.items.value.length < FEW_POSTS ? <MorePeople /> : <>That is all.</>;
}

function MorePeople() {
  const people = useSuggestions();
  if (!people || people.length === 0) return <>That is all.</>;
  return (
    <section class="home-people" aria-labelledby="home-people">
      <h2 id="home-people">People here</h2>
      <PeopleList people={people} max={SUGGESTED_MAX} />
    </section>
  );
}

function EmptyHome() {
  const people = useSuggestions();
  const follows = people?.some(entry => entry.value.viewer?.following);
  if (people?.length === 0) {
    return (
      <div class="home-empty">
        <h2>It is quiet here</h2>
        <p>Nobody else has come yet. Write the first post, or go live, and it will be here for them.</p>
      </div>
    );
  }
  return (
    <div class="home-empty">
      <h2>Whom do you want to hear?</h2>
      <p>Posts and broadcasts of people you follow appear here.</p>
      <PeopleList people={people} max={SUGGESTED_MAX} />
      {follows ? (
        <Button kind="primary" onClick={() => void home.peek().reload()}>
          Show my timeline
        </Button>
      ) : null}
    </div>
  );
}
