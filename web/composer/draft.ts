import { signal } from '@preact/signals';

const KEY = 'skylark.drafts';
/** Unsent replies are kept for this many posts, the newest first. */
const DRAFTS_KEPT_MAX = 20;

/** The key of a post that answers nothing. */
export const NEW_POST = 'new';

/** What was typed and not yet sent, by the post it answers. Survives a reload, goes with the tab. */
const drafts = signal<Readonly<Record<string, string>>>(stored());

export function draftFor(key: string): string {
  return drafts.value[key] ?? '';
}

/** Keeps what is typed; an empty text forgets the draft. */
export function setDraft(key: string, text: string): void {
  const { [key]: _, ...others } = drafts.peek();
  const kept = Object.entries(others).slice(0, DRAFTS_KEPT_MAX - 1);
  drafts.value = Object.fromEntries(text ? [[key, text], ...kept] : kept);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(drafts.value));
  } catch {
    // Storage is full or closed to us: the draft lives as long as the page.
  }
}

function stored(): Record<string, string> {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
    return found && typeof found === 'object' ? (found as Record<string, string>) : {};
  } catch {
    return {};
  }
}
