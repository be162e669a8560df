import { me } from '../net/session.ts';
import { go } from '../router.ts';
import { Button } from '../ui/button.tsx';
import { toastError } from '../ui/toast.tsx';
import { type AccountEntry, toggleFollow } from './people.ts';

interface FollowButtonProps {
  readonly entry: AccountEntry;
  /** One of many, in a list: an outline instead of a field of ink. */
  readonly inList?: boolean;
}

/** Follow, or Following; nothing on oneself. */
export function FollowButton({ entry, inList = false }: FollowButtonProps) {
  const account = entry.value;
  if (account.viewer?.self) return null;
  const following = Boolean(account.viewer?.following);
  return (
    <Button
      kind={kindOf(following, inList)}
      size="small"
      aria-pressed={following}
      aria-label={`Follow ${account.displayName}`}
      onClick={() => (me.peek() ? void toggleFollow(entry).catch(toastError) : go('/sign-in'))}
    >
      {following ? 'Following' : 'Follow'}
    </Button>
  );
}

function kindOf(following: boolean, inList: boolean) {
  if (inList) return following ? 'quiet' : 'outline';
  return following ? 'outline' : 'primary';
}
