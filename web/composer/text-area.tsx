import { useEffect, useRef } from 'preact/hooks';
import './text-area.css';

interface TextAreaProps {
  /** Read aloud where no label element stands beside. */
  readonly label?: string;
  readonly id?: string;
  readonly placeholder: string;
  readonly value: string;
  readonly onInput: (text: string) => void;
  /** Control or Command with Enter. */
  readonly onSubmit: () => void;
  /** Puts the caret behind the text at once. */
  readonly focused?: boolean;
}

/** A text that grows with what is written. */
export function TextArea({
  label,
  id,
  placeholder,
  value,
  onInput,
  onSubmit,
  focused = false,
}: TextAreaProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    const field = area.current;
    if (focused) field?.setSelectionRange(field.value.length, field.value.length);
  }, [focused]);
  return (
    <div class="text-area" data-text={`${value}\n`}>
      <textarea
        ref={area}
        id={id}
        rows={1}
        // A dialog that opens gives the focus to whoever asks for it this way.
        autofocus={focused}
        dir="auto"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        onInput={event => onInput(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) onSubmit();
        }}
      />
    </div>
  );
}
