import { useEffect, useRef, useState } from 'preact/hooks';
import { type Scope, usualScopes } from '#contract/scopes.ts';
import { showsSomething } from '#contract/text.ts';
import { api, problemFrom, type Reply } from '../net/api.ts';
import { Age } from '../ui/age.tsx';
import { Button } from '../ui/button.tsx';
import { ErrorState, Skeleton } from '../ui/states.tsx';
import { TextField } from '../ui/text-field.tsx';
import { toast, toastError } from '../ui/toast.tsx';
import { useSettingsList } from './settings-list.ts';

type Token = Reply<'listTokens'>['items'][number];

const DAY_MS = 24 * 3600_000;
const ends = [
  { label: 'After 30 days', days: 30 },
  { label: 'After a year', days: 365 },
  { label: 'Never', days: null },
] as const;
const words: Readonly<Record<Scope, string>> = {
  read: 'See what you can see',
  write: 'Post, comment, follow and like',
  broadcast: 'Go live',
  account: 'Change sessions, tokens and the password',
};

/** Tokens for programs: made, shown once, revoked. */
export function TokenSettings() {
  const { items, error, again } = useSettingsList(() => api('listTokens'));
  const [made, setMade] = useState<string | null>(null);
  const revoke = async (id: string) => {
    await api('revokeToken', { params: { id } }).then(() => toast({ text: 'Token revoked.' }), toastError);
    again();
  };
  return (
    <section aria-labelledby="settings-tokens">
      <h2 id="settings-tokens">Access tokens</h2>
      <p>For programs that act for you: encoders, scripts, bots. Each can be taken away alone.</p>
      {error && !items ? <ErrorState error={error} onRetry={again} /> : null}
      {!items && !error ? <Skeleton height="60px" /> : null}
      <ul class="settings-list">
        {items?.map(token => (
          <li key={token.id}>
            <TokenWords token={token} />
            <Button
              kind="danger"
              size="small"
              aria-label={`Revoke ${token.name}`}
              onClick={() => void revoke(token.id)}
            >
              Revoke
            </Button>
          </li>
        ))}
      </ul>
      {made ? (
        <MadeToken token={made} onDone={() => setMade(null)} />
      ) : (
        <NewToken
          onMade={token => {
            setMade(token);
            again();
          }}
        />
      )}
    </section>
  );
}

function TokenWords({ token }: { readonly token: Token }) {
  return (
    <div class="settings-words">
      <b>
        <bdi>{token.name}</bdi>
      </b>
      <p>
        {token.scopes.join(', ')} ·{' '}
        {token.lastUsedAt ? (
          <>
            last used <Age at={token.lastUsedAt} />
          </>
        ) : (
          'never used'
        )}
        {token.expiresAt ? <> · until {new Date(token.expiresAt).toLocaleDateString()}</> : null}
      </p>
    </div>
  );
}

/** In the place of the form, and with the focus: on a phone it would be out of sight above the button that made it. */
function MadeToken({ token, onDone }: { readonly token: string; readonly onDone: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const copy = () =>
    navigator.clipboard.writeText(token).then(
      () => toast({ text: 'Copied.' }),
      () => toast({ text: 'The browser does not let this page copy. Mark the token and copy it yourself.' }),
    );
  return (
    <div ref={box} class="settings-made" role="status" tabIndex={-1}>
      <p>This is your new token. You see it only now: keep it where only your program reads it.</p>
      <code>{token}</code>
      <div class="settings-row">
        <Button kind="primary" size="small" onClick={() => void copy()}>
          Copy
        </Button>
        <Button kind="quiet" size="small" onClick={onDone}>
          Done
        </Button>
      </div>
    </div>
  );
}

function NewToken({ onMade }: { readonly onMade: (token: string) => void }) {
  const [name, setName] = useState('');
  const [chosen, setChosen] = useState<readonly Scope[]>(usualScopes);
  const [days, setDays] = useState<number | null>(30);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (!showsSomething(name)) return setFailure('Give it a name that tells you what it is for.');
    if (chosen.length === 0) return setFailure('Choose at least one thing that it may do.');
    setFailure(null);
    setBusy(true);
    try {
      const expiresAt = days === null ? null : new Date(Date.now() + days * DAY_MS).toISOString();
      const body = { name: name.trim(), scopes: [...chosen], expiresAt };
      onMade((await api('createToken', { body })).token);
      setName('');
    } catch (thrown) {
      const { message, advice } = problemFrom(thrown);
      setFailure(`${message.replace(/[.]?$/, '.')} ${advice}`);
    }
    setBusy(false);
  };
  const toggle = (scope: Scope) =>
    setChosen(chosen.includes(scope) ? chosen.filter(other => other !== scope) : [...chosen, scope]);
  return (
    <form onSubmit={event => void submit(event)} noValidate>
      <TextField
        label="New token"
        value={name}
        onInput={setName}
        hint="What it is for, such as OBS at home."
        maxLength={60}
      />
      <fieldset>
        <legend>It may</legend>
        {(Object.keys(words) as Scope[]).map(scope => (
          <label key={scope} class="settings-choice">
            <input type="checkbox" checked={chosen.includes(scope)} onChange={() => toggle(scope)} />
            <span>
              {words[scope]} <small>{scope}</small>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset>
        <legend>It ends</legend>
        {ends.map(end => (
          <label key={end.label} class="settings-choice">
            <input
              type="radio"
              name="token-end"
              checked={days === end.days}
              onChange={() => setDays(end.days)}
            />
            {end.label}
          </label>
        ))}
      </fieldset>
      {failure ? (
        <p class="settings-failure" role="alert">
          {failure}
        </p>
      ) : null}
      <div class="settings-row">
        <Button kind="primary" size="small" type="submit" busy={busy}>
          Make token
        </Button>
      </div>
    </form>
  );
}
