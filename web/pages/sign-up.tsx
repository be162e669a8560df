import { useState } from 'preact/hooks';
import { api, problemFrom } from '../net/api.ts';
import { signedInAs } from '../net/session.ts';
import { go } from '../router.ts';
import { Button } from '../ui/button.tsx';
import { useTitle } from '../ui/chrome.ts';
import { TextField } from '../ui/text-field.tsx';
import { fieldErrorsFrom, type SignUpFields, wrongIn } from './sign-up-fields.ts';
import './sign.css';

const nothing: SignUpFields = { displayName: '', handle: '', email: '', password: '' };

export default function SignUpPage() {
  useTitle('Create account');
  const [fields, setFields] = useState(nothing);
  const [errors, setErrors] = useState<Partial<SignUpFields>>({});
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [closed, setClosed] = useState(false);
  // The link that a server's start prints for its first account.
  const [firstAccountCode] = useState(() => new URLSearchParams(location.search).get('first'));

  const set = (name: keyof SignUpFields) => (value: string) => {
    setFields({ ...fields, [name]: name === 'handle' ? value.toLowerCase().replace(/^@/, '') : value });
    setErrors({ ...errors, [name]: undefined });
  };

  const submit = async (event: Event) => {
    event.preventDefault();
    const wrong = wrongIn(fields);
    setErrors(wrong);
    setFailure(null);
    if (Object.keys(wrong).length > 0) return focusFirstError();
    setBusy(true);
    try {
      const { displayName, ...rest } = fields;
      const body = {
        ...rest,
        ...(displayName.trim() ? { displayName: displayName.trim() } : {}),
        ...(firstAccountCode ? { firstAccountCode } : {}),
      };
      signedInAs(await api('createAccount', { body }));
      go('/', { replace: true });
    } catch (thrown) {
      const problem = problemFrom(thrown);
      const named = fieldErrorsFrom(problem);
      setErrors(named);
      if (problem.code === 'first-account-closed') setClosed(true);
      else if (Object.keys(named).length > 0) focusFirstError();
      else setFailure(`${problem.message} ${problem.advice}`);
    }
    setBusy(false);
  };

  if (closed)
    return <FirstAccountClosed withLink={firstAccountCode !== null} onBack={() => setClosed(false)} />;
  return (
    <form class="sign" onSubmit={event => void submit(event)} noValidate>
      <h1 tabIndex={-1}>Create account</h1>
      <TextField
        label="Handle"
        before="@"
        value={fields.handle}
        onInput={set('handle')}
        hint="Small letters, digits and _. This is how people find and mention you."
        error={errors.handle}
        name="handle"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
        maxLength={30}
        required
      />
      <TextField
        label="Name"
        value={fields.displayName}
        onInput={set('displayName')}
        hint="Shown beside what you write. You can change it at any time."
        error={errors.displayName}
        name="name"
        autocomplete="name"
        maxLength={50}
        dir="auto"
      />
      <TextField
        label="Email"
        type="email"
        value={fields.email}
        onInput={set('email')}
        hint="Nobody sees it."
        error={errors.email}
        name="email"
        autocomplete="email"
        maxLength={254}
        required
      />
      <TextField
        label="Password"
        type="password"
        value={fields.password}
        onInput={set('password')}
        hint="At least 8 characters."
        error={errors.password}
        name="password"
        autocomplete="new-password"
        maxLength={128}
        required
      />
      {failure ? (
        <p class="sign-failure" role="alert">
          {failure}
        </p>
      ) : null}
      <Button kind="primary" type="submit" busy={busy}>
        {busy ? 'Creating…' : 'Create account'}
      </Button>
      <p class="sign-other">
        You have one already? <a href="/sign-in">Sign in</a>
      </p>
    </form>
  );
}

/** What a stranger finds at a server that nobody has an account of yet. */
function FirstAccountClosed({
  withLink,
  onBack,
}: {
  readonly withLink: boolean;
  readonly onBack: () => void;
}) {
  return (
    <section class="sign">
      <h1 tabIndex={-1}>Nobody has an account here yet</h1>
      <p>
        {withLink
          ? 'The link that you opened is not the one that this server printed when it started.'
          : 'The first account runs this Skylark, so it needs the link that the server printed when it started.'}
      </p>
      <p class="sign-other">
        If the server is yours, open the link at the end of what its start printed. If it is not, ask whoever
        runs it to make the first account, and try again then.
      </p>
      <Button kind="primary" onClick={onBack}>
        Try again
      </Button>
    </section>
  );
}

function focusFirstError(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>('.sign [aria-invalid]')?.focus());
}
