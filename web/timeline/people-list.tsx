import { useEffect, useState } from 'preact/hooks';
import { Avatar } from '../ui/avatar.tsx';
import { Loading, Skeleton } from '../ui/states.tsx';
import { FollowButton } from './follow-button.tsx';
import { liveAuthors } from './live-authors.ts';
import { type AccountEntry, fetchSuggestions } from './people.ts';
import './people-list.css';

/** People here whom one does not follow yet; null while they are on their way. */
export function useSuggestions(): readonly AccountEntry[] | null {
  const [people, setPeople] = useState<readonly AccountEntry[] | null>(null);
  useEffect(() => {
    let here = true;
    // Suggestions are an offer: without an answer there are none.
    fetchSuggestions().then(
      found => here && setPeople(found),
      () => here && setPeople([]),
    );
    return () => {
      here = false;
    };
  }, []);
  return people;
}

interface PeopleListProps {
  readonly people: readonly AccountEntry[] | null;
  readonly max: number;
}

export function PeopleList({ people, max }: PeopleListProps) {
  if (!people) return <PeopleSkeletons />;
  return (
    <ul class="people">
      {people.slice(0, max).map(entry => (
        <li key={entry.peek().id}>
          <Person entry={entry} />
        </li>
      ))}
    </ul>
  );
}

function Person({ entry }: { readonly entry: AccountEntry }) {
  const account = entry.value;
  return (
    <div class="person">
      <a href={`/@${account.handle}`} class="person-who">
        <Avatar account={account} live={liveAuthors.value.has(account.id)} />
        <span class="person-names">
          <bdi>{account.displayName}</bdi>
          <span>@{account.handle}</span>
        </span>
      </a>
      <FollowButton entry={entry} inList />
    </div>
  );
}

function PeopleSkeletons() {
  return (
    <Loading what="people">
      {[0, 1, 2].map(index => (
        <div class="person" key={index}>
          <Skeleton width="44px" height="44px" round />
          <Skeleton width="50%" />
        </div>
      ))}
    </Loading>
  );
}
