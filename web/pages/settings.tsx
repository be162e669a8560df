import { me, signOut } from '../net/session.ts';
import { go } from '../router.ts';
import { Button, ButtonLink } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { PageHeader } from '../ui/page-header.tsx';
import { toastError } from '../ui/toast.tsx';
import { PasswordSettings } from './settings-password.tsx';
import { SessionSettings } from './settings-sessions.tsx';
import { TokenSettings } from './settings-tokens.tsx';
import './settings.css';

/** One's account, and everything that opens it. */
export default function SettingsPage() {
  useTitle('Settings');
  const account = me.value;
  if (!account) return null;
  const profile = `/@${account.handle}`;
  return (
    <>
      <PageHeader title="Settings" backTo={profile} />
      <div class="settings">
        <section aria-labelledby="settings-account">
          <h2 id="settings-account">Account</h2>
          <p>
            Signed in as <b>@{account.handle}</b>. Your name and bio are changed on your profile.
          </p>
          <div class="settings-row">
            <ButtonLink size="small" href={profile}>
              Profile
            </ButtonLink>
            <Button size="small" onClick={() => void signOut().then(() => go('/'), toastError)}>
              Sign out
            </Button>
          </div>
        </section>
        <PasswordSettings handle={account.handle} />
        <SessionSettings />
        <TokenSettings />
      </div>
    </>
  );
}
