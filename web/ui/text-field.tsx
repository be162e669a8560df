import { Eye, EyeOff } from 'lucide-preact';
import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { IconButton } from './button.tsx';
import './text-field.css';

interface TextFieldProps extends Omit<JSX.InputHTMLAttributes<HTMLInputElement>, 'onInput' | 'value'> {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  /** What belongs in the field; gives way to the error. */
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  /** Words before the text, such as an at sign. */
  readonly before?: string | undefined;
}

/** A labelled line of text. A password gets a button that shows it. */
export function TextField({ label, value, onInput, hint, error, before, type, ...rest }: TextFieldProps) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const note = error ?? hint;
  return (
    <div class="field" data-error={error ? true : undefined}>
      <label for={id}>{label}</label>
      <div class="field-box">
        {before ? <span class="field-before">{before}</span> : null}
        <input
          {...rest}
          id={id}
          type={type === 'password' && shown ? 'text' : (type ?? 'text')}
          value={value}
          onInput={event => onInput(event.currentTarget.value)}
          aria-invalid={error ? true : undefined}
          aria-describedby={note ? `${id}-note` : undefined}
        />
        {type === 'password' ? (
          <IconButton label={shown ? 'Hide password' : 'Show password'} onClick={() => setShown(!shown)}>
            {shown ? <EyeOff size={20} /> : <Eye size={20} />}
          </IconButton>
        ) : null}
      </div>
      {note ? (
        <p class="field-note" id={`${id}-note`} role={error ? 'alert' : undefined}>
          {note}
        </p>
      ) : null}
    </div>
  );
}
