import { signal } from '@preact/signals';
import type { Post } from '#contract/api/types.ts';

interface Composing {
  /** The post that is being answered. */
  readonly replyTo: Post | null;
}

/** What the composer is open for; null while it is closed. */
export const composing = signal<Composing | null>(null);

/** Opens the composer, for a new post or for a reply. */
export function compose(replyTo: Post | null = null): void {
  composing.value = { replyTo };
}

export function closeComposer(): void {
  composing.value = null;
}
