import type { AccountSummary } from '#contract/api/types.ts';
import { initialsOf, toneOf } from './initials.ts';
import './avatar.css';

interface AvatarProps {
  readonly account: Pick<AccountSummary, 'handle' | 'displayName'>;
  /** Edge in px. */
  readonly size?: 24 | 32 | 44 | 64 | 96;
  /** Draws the breathing ring in dawn. */
  readonly live?: boolean;
}

/** Initials on a neutral. Decoration: the name stands beside it, so screen readers skip it. */
export function Avatar({ account, size = 44, live = false }: AvatarProps) {
  return (
    <span
      class={`avatar avatar-tone-${toneOf(account.handle)}`}
      data-live={live || undefined}
      style={{ '--size': `${size}px` }}
      aria-hidden="true"
    >
      <span>{initialsOf(account)}</span>
    </span>
  );
}
