import type { ComponentChildren, JSX } from 'preact';
import './button.css';

/** `live` is dawn and starts a broadcast; `danger` is an outlined word; `quiet` has no field until it is touched. */
export type ButtonKind = 'primary' | 'outline' | 'quiet' | 'danger' | 'live';

interface Common {
  readonly kind?: ButtonKind;
  readonly size?: 'regular' | 'small';
  /** Disables the button and says to screen readers that something is under way. */
  readonly busy?: boolean;
  readonly children: ComponentChildren;
}

type ButtonProps = Common & Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, 'size' | 'children'>;

export function Button({ kind = 'outline', size = 'regular', busy = false, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`button button-${kind} button-${size} ${rest.class ?? ''}`}
      disabled={Boolean(rest.disabled) || busy}
      aria-busy={busy}
    >
      {children}
    </button>
  );
}

type LinkProps = Common & Omit<JSX.AnchorHTMLAttributes<HTMLAnchorElement>, 'size' | 'children'>;

/** A link that looks like a button. */
export function ButtonLink({ kind = 'outline', size = 'regular', busy: _, children, ...rest }: LinkProps) {
  return (
    <a {...rest} class={`button button-${kind} button-${size} ${rest.class ?? ''}`}>
      {children}
    </a>
  );
}

interface IconButtonProps extends Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, 'label'> {
  /** Read aloud and shown as a tooltip: an icon alone says nothing. */
  readonly label: string;
}

/** A round target of 44 px around an icon. */
export function IconButton({ label, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      class={`icon-button ${rest.class ?? ''}`}
      aria-label={label}
      title={label}
    >
      {children}
    </button>
  );
}
