import { ButtonLink } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { Mark } from '../ui/wordmark.tsx';
import './welcome.css';

/** What this place is, for somebody who is not signed in. */
export function WelcomePage() {
  useTitle('');
  return (
    <div class="welcome">
      <Mark size={56} />
      <h1 tabIndex={-1}>A timeline with live built in</h1>
      <p>
        Say something to the people who follow you, or go live and they watch within a second. When it is
        over, the replay stands where the broadcast stood.
      </p>
      <div class="welcome-ways">
        <ButtonLink kind="primary" href="/sign-up">
          Create account
        </ButtonLink>
        <ButtonLink href="/sign-in">Sign in</ButtonLink>
      </div>
    </div>
  );
}
