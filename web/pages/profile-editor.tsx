import { useId, useState } from 'preact/hooks';
import type { Account } from '#contract/api/types.ts';
import { showsSomething } from '#contract/text.ts';
import { TextArea } from '../composer/text-area.tsx';
import { api, problemFrom } from '../net/api.ts';
import { keepAccount } from '../timeline/people.ts';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/text-field.tsx';

const BIO_MAX = 300;

interface ProfileEditorProps {
  readonly account: Account;
  readonly onDone: () => void;
}

/** One's own name and bio, changed in place. */
export function ProfileEditor({ account, onDone }: ProfileEditorProps) {
  const [displayName, setDisplayName] = useState(account.displayName);
  const [bio, setBio] = useState(account.bio);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const bioId = useId();
  const nameMissing = !showsSomething(displayName);
  const tooLong = bio.length > BIO_MAX;

  const save = async () => {
    if (nameMissing || tooLong || busy) return;
    setBusy(true);
    try {
      const body = { displayName: displayName.trim(), bio: bio.trim() };
      keepAccount(await api('updateAccount', { params: { handle: account.handle }, body }));
      onDone();
    } catch (thrown) {
      const problem = problemFrom(thrown);
      setFailure(`${problem.message} ${problem.advice}`);
      setBusy(false);
    }
  };

  return (
    <form
      class="profile-editor"
      onSubmit={event => {
        event.preventDefault();
        void save();
      }}
    >
      <TextField
        label="Name"
        value={displayName}
        onInput={setDisplayName}
        error={nameMissing ? 'A name needs at least one character.' : undefined}
        autocomplete="name"
        maxLength={50}
        dir="auto"
      />
      <div class="field" data-error={tooLong || undefined}>
        <label for={bioId}>Bio</label>
        <div class="field-box profile-bio-box">
          <TextArea
            id={bioId}
            placeholder="Who you are, in a few words"
            value={bio}
            onInput={setBio}
            onSubmit={() => void save()}
          />
        </div>
        <p class="field-note">
          {tooLong ? `${bio.length - BIO_MAX} characters too many.` : `Up to ${BIO_MAX} characters.`}
        </p>
      </div>
      {failure ? (
        <p class="profile-failure" role="alert">
          {failure}
        </p>
      ) : null}
      <div class="profile-editor-foot">
        <Button kind="quiet" size="small" onClick={onDone}>
          Cancel
        </Button>
        <Button kind="primary" size="small" type="submit" busy={busy} disabled={nameMissing || tooLong}>
          Save
        </Button>
      </div>
    </form>
  );
}
