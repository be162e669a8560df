import { useState } from 'preact/hooks';
import { api, problemFrom } from '../net/api.ts';
import { signedInAs } from '../net/session.ts';
import { back } from '../router.ts';
import { Button } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { TextField } from '../ui/text-field.tsx';
import './sign.css';

export default function SignInPage() {
  useTitle('Sign in');
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!login.trim() || !password) return setFailure('Write your handle or email, and your password.');
    setBusy(true);
    setFailure(null);
    try {
      const name = login.trim().replace(/^@/, '');
      signedInAs(await api('signIn', { body: { login: name, password } }));
      // Somebody who was asked to sign in on the way wants to go on from there.
      back('/');
    } catch (thrown) {
      const problem = problemFrom(thrown);
      setFailure(`${problem.message.replace(/[.]?$/, '.')} ${problem.advice}`);
    }
    setBusy(false);
  };

  return (
    <form class="sign" onSubmit={event => void submit(event)} noValidate>
      <h1 tabIndex={-1}>Sign in</h1>
      <TextField
        label="Handle or email"
        value={login}
        onInput={setLogin}
        name="username"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        maxLength={254}
        required
      />
      <TextField
        label="Password"
        type="password"
        value={password}
        onInput={setPassword}
        name="password"
        autocomplete="current-password"
        maxLength={128}
        required
      />
      {failure ? (
        <p class="sign-failure" role="alert">
          {failure}
        </p>
      ) : null}
      <Button kind="primary" type="submit" busy={busy}>
        {busy ? 'Signing in…' : 'Sign in'}
      </Button>
      <p class="sign-other">
        New here? <a href="/sign-up">Create account</a>
      </p>
    </form>
  );
}
