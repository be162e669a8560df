import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import './sheet.css';

interface SheetProps {
  readonly label: string;
  readonly onClose: () => void;
  /** On a phone the sheet takes the whole screen; otherwise it rises from the bottom. */
  readonly whole?: boolean;
  readonly children: ComponentChildren;
}

/** A modal sheet on the browser's own dialog: it holds the focus, gives it back, and closes by Escape or the back gesture. */
export function Sheet({ label, onClose, whole = false, children }: SheetProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Within the tap that opened it: a phone shows its keyboard only then.
  useLayoutEffect(() => {
    dialog.current?.showModal();
    return () => dialog.current?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on the backdrop does what Escape does
    <dialog
      ref={dialog}
      class="sheet"
      data-whole={whole || undefined}
      aria-label={label}
      onCancel={event => {
        event.preventDefault();
        onClose();
      }}
      onClick={event => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div class="sheet-body">{children}</div>
    </dialog>
  );
}
