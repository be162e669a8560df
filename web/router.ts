import { computed, signal } from '@preact/signals';

/** Where we are. `key` names the history entry, so that going back finds its scroll position. */
export interface Place {
  readonly path: string;
  readonly key: string;
  /** Whether the browser's back or forward brought us here. */
  readonly returning: boolean;
}

const SCROLLS_KEPT_MAX = 50;
/** Frames to wait for a page to become as tall as it was. */
const RESTORE_FRAMES_MAX = 30;

export const place = signal<Place>({ path: location.pathname, key: keyOf(history.state), returning: true });
export const path = computed(() => place.value.path);
const scrolls = new Map<string, number>();

/** Goes to an address of ours, as a click on a link would. */
export function go(href: string, { replace = false } = {}): void {
  const key = crypto.randomUUID();
  rememberScroll();
  if (replace) history.replaceState({ key, inside: canGoBack() }, '', href);
  else history.pushState({ key, inside: true }, '', href);
  place.value = { path: new URL(href, location.href).pathname, key, returning: false };
  scrollTo(0, 0);
}

/** Goes back, or to `otherwise` when this page was the first one opened. */
export function back(otherwise = '/'): void {
  if (canGoBack()) history.back();
  else go(otherwise, { replace: true });
}

/** Takes over clicks on links inside the app, and the browser's back and forward. Called once. */
export function startRouter(): void {
  history.scrollRestoration = 'manual';
  document.addEventListener('click', follow);
  addEventListener('popstate', event => {
    rememberScroll();
    place.value = { path: location.pathname, key: keyOf(event.state), returning: true };
    restoreScroll(scrolls.get(place.value.key) ?? 0);
  });
}

function follow(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
  if (link.pathname === location.pathname && link.hash) return;
  event.preventDefault();
  if (link.pathname + link.search === location.pathname + location.search)
    scrollTo({ top: 0, behavior: 'smooth' });
  else go(link.href);
}

function rememberScroll(): void {
  scrolls.set(place.value.key, scrollY);
  const oldest = scrolls.keys().next().value;
  if (scrolls.size > SCROLLS_KEPT_MAX && oldest !== undefined) scrolls.delete(oldest);
}

function restoreScroll(top: number, frames = 0): void {
  requestAnimationFrame(() => {
    scrollTo(0, top);
    if (scrollY < top - 1 && frames < RESTORE_FRAMES_MAX) restoreScroll(top, frames + 1);
  });
}

function keyOf(state: unknown): string {
  return state && typeof state === 'object' && 'key' in state ? String(state.key) : 'first';
}

function canGoBack(): boolean {
  return Boolean((history.state as { inside?: boolean } | null)?.inside);
}
