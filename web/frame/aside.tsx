import { liveNow, useLiveNow } from '../net/live-now.ts';
import { me } from '../net/session.ts';
import { path } from '../router.ts';
import { PeopleList, useSuggestions } from '../timeline/people-list.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { formatCount } from '../ui/format.ts';
import { useMedia } from '../ui/use-media.ts';
import './aside.css';

const WIDE = '(min-width: 1080px)';
const LIVE_SHOWN_MAX = 6;
const PEOPLE_SHOWN_MAX = 4;

/** From 1080 px: who is live now, and people to follow. Narrower pages do not ask the server for it. */
export function Aside() {
  return useMedia(WIDE) ? (
    <aside class="aside">
      {path.value === '/live' ? null : <LiveNow />}
      {me.value ? <People key={me.value.id} /> : null}
    </aside>
  ) : null;
}

function LiveNow() {
  useLiveNow();
  const broadcasts = liveNow.value;
  if (!broadcasts) return null;
  return (
    <section aria-labelledby="aside-live">
      <h2 id="aside-live">Live now</h2>
      {broadcasts.length === 0 ? <p>Nobody at the moment.</p> : null}
      <ul>
        {broadcasts.slice(0, LIVE_SHOWN_MAX).map(({ id, postId, owner, title, viewers }) => (
          <li key={id}>
            <a class="aside-live" href={`/p/${postId}`}>
              <Avatar account={owner} live />
              <span class="person-names">
                <bdi>{title}</bdi>
                <span>
                  <bdi>{owner.displayName}</bdi>
                  {viewers > 0 ? ` · ${formatCount(viewers)} watching` : null}
                </span>
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function People() {
  const people = useSuggestions();
  if (people?.length === 0) return null;
  return (
    <section aria-labelledby="aside-people">
      <h2 id="aside-people">People</h2>
      <PeopleList people={people} max={PEOPLE_SHOWN_MAX} />
    </section>
  );
}
