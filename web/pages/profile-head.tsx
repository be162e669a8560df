import { Ellipsis, LogOut, Settings } from 'lucide-preact';
import { useState } from 'preact/hooks';
import type { Account } from '#contract/api/types.ts';
import { signOut } from '../net/session.ts';
import { go } from '../router.ts';
import { FollowButton } from '../timeline/follow-button.tsx';
import { liveAuthors } from '../timeline/live-authors.ts';
import type { AccountEntry } from '../timeline/people.ts';
import { RichText } from '../timeline/rich-text.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { formatCount } from '../ui/format.ts';
import { Menu, MenuItem } from '../ui/menu.tsx';
import { LivePill } from '../ui/pill.tsx';
import { toastError } from '../ui/toast.tsx';
import { ProfileEditor } from './profile-editor.tsx';
import './profile-head.css';

/** Avatar, name, handle, bio, counts; follow, or edit when it is oneself. */
export function ProfileHead({ entry }: { readonly entry: AccountEntry }) {
  const [editing, setEditing] = useState(false);
  const account = entry.value;
  const live = liveAuthors.value.get(account.id);
  if (editing) return <ProfileEditor account={account} onDone={() => setEditing(false)} />;
  return (
    <section class="profile-head" aria-label="About">
      <div class="profile-top">
        <Avatar account={account} size={96} live={Boolean(live)} />
        {account.viewer?.self ? (
          <OwnActions onEdit={() => setEditing(true)} />
        ) : (
          <FollowButton entry={entry} />
        )}
      </div>
      <div class="profile-names">
        <h2>
          <bdi>{account.displayName}</bdi>
        </h2>
        <p>@{account.handle}</p>
      </div>
      {live ? (
        <a class="profile-live" href={`/p/${live.postId}`}>
          <LivePill />
          <bdi>{live.title}</bdi>
        </a>
      ) : null}
      {account.bio ? (
        <p class="profile-bio" dir="auto">
          <RichText text={account.bio} />
        </p>
      ) : null}
      <Counts account={account} />
    </section>
  );
}

function OwnActions({ onEdit }: { readonly onEdit: () => void }) {
  const leave = () => signOut().then(() => go('/'), toastError);
  return (
    <div class="profile-own">
      <Button size="small" onClick={onEdit}>
        Edit profile
      </Button>
      <Menu label="More" icon={<Ellipsis size={20} />}>
        <MenuItem icon={<Settings size={20} />} onChoose={() => go('/settings')}>
          Settings
        </MenuItem>
        <MenuItem icon={<LogOut size={20} />} onChoose={() => void leave()}>
          Sign out
        </MenuItem>
      </Menu>
    </div>
  );
}

function Counts({ account: { counts } }: { readonly account: Account }) {
  const shown = [
    { count: counts.following, word: 'following' },
    { count: counts.followers, word: counts.followers === 1 ? 'follower' : 'followers' },
    { count: counts.posts, word: counts.posts === 1 ? 'post' : 'posts' },
  ];
  return (
    <ul class="profile-counts">
      {shown.map(({ count, word }) => (
        <li key={word}>
          <b>{formatCount(count)}</b> {word}
        </li>
      ))}
    </ul>
  );
}
