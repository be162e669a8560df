import { useState } from 'preact/hooks';
import { api, problemFrom } from '../net/api.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';
import { toast } from '../ui/toast.tsx';

const PASSWORD_MIN = 8;

interface Wrong {
  readonly current?: string;
  readonly next?: string;
}

/** Changes the password; whoever is signed in elsewhere is signed out. */
export function PasswordSettings({ handle }: { readonly handle: string }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [wrong, setWrong] = useState<Wrong>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    setFailure(null);
    if (!current) return setWrong({ current: 'Write the password that you sign in with now.' });
    if (next.length < PASSWORD_MIN) return setWrong({ next: `Choose at least ${PASSWORD_MIN} characters.` });
    setWrong({});
    setBusy(true);
    try {
      await api('changePassword', { body: { current, next } });
      setCurrent('');
      setNext('');
      toast({ text: 'Password changed. You are signed out everywhere else.' });
    } catch (thrown) {
      const { code, message, advice } = problemFrom(thrown);
      const sentence = `${message.replace(/[.]?$/, '.')} ${advice}`;
      if (code === 'wrong-credentials') setWrong({ current: 'That is not your password. Try again.' });
      else if (code === 'password-weak') setWrong({ next: sentence });
      else setFailure(sentence);
    }
    setBusy(false);
  };

  return (
    <section aria-labelledby="settings-password">
      <h2 id="settings-password">Password</h2>
      <form onSubmit={event => void submit(event)} noValidate>
        {/* For password managers: whose password it is. */}
        <input hidden name="username" autocomplete="username" value={handle} readOnly />
        <TextField
          label="Current password"
          type="password"
          value={current}
          onInput={setCurrent}
          error={wrong.current}
          autocomplete="current-password"
          maxLength={128}
        />
        <TextField
          label="New password"
          type="password"
          value={next}
          onInput={setNext}
          hint="At least 8 characters. Changing it signs you out everywhere but here."
          error={wrong.next}
          autocomplete="new-password"
          maxLength={128}
        />
        {failure ? (
          <p class="settings-failure" role="alert">
            {failure}
          </p>
        ) : null}
        <div class="settings-row">
          <Button kind="primary" size="small" type="submit" busy={busy}>
            {busy ? 'Changing…' : 'Change password'}
          </Button>
        </div>
      </form>
    </section>
  );
}
