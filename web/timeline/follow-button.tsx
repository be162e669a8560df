import { me } from '../net/session.ts';
import { go } from '../router.ts';
import { Button } from '../ui/button.tsx';
import { type AccountEntry, toggleFollow } from './people.ts';

/** Follow, or Following; nothing on oneself. */
export function FollowButton({ entry }: { readonly entry: AccountEntry }) {
  const account = entry.value;
  if (account.viewer?.self) return null;
  const following = Boolean(account.viewer?.following);
  return (
    <Button
      kind={following ? 'outline' : 'primary'}
      size="small"
      aria-pressed={following}
      aria-label={`Follow ${account.displayName}`}
      onClick={() => (me.peek() ? void toggleFollow(entry) : go('/sign-in'))}
    >
      {following ? 'Following' : 'Follow'}
    </Button>
  );
}
