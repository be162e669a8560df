import { useEffect } from 'preact/hooks';
import { FeedList } from '../timeline/feed-list.tsx';
import { home } from '../timeline/home.ts';
import { LiveStrip } from '../timeline/live-strip.tsx';
import { NewPosts } from '../timeline/new-posts.tsx';
import { PeopleList, useSuggestions } from '../timeline/people-list.tsx';
import { Button } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { PageHeader } from '../ui/page-header.tsx';
import './home.css';

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
      <FeedList feed={feed} label="Home timeline" empty={<EmptyHome />} />
    </>
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
      <PeopleList people={people} max={8} />
      {follows ? (
        <Button kind="primary" onClick={() => void home.peek().reload()}>
          Show my timeline
        </Button>
      ) : null}
    </div>
  );
}
