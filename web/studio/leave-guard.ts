/**
 * Asks before the page is left: the browser's own question for closing it, `onBack` for the way back. The way back meets
 * an entry of the history that is this page once more, so that the router has nowhere to go.
 */
export function guardLeaving(onBack: () => void): () => void {
  const closing = (event: BeforeUnloadEvent) => event.preventDefault();
  const goneBack = () => {
    pushGuard();
    onBack();
  };
  pushGuard();
  addEventListener('beforeunload', closing);
  addEventListener('popstate', goneBack);
  return () => {
    removeEventListener('beforeunload', closing);
    removeEventListener('popstate', goneBack);
    if (isGuard(history.state)) history.back();
  };
}

function pushGuard(): void {
  history.pushState({ ...(history.state as object | null), guard: true }, '', location.href);
}

function isGuard(state: unknown): boolean {
  return Boolean((state as { guard?: boolean } | null)?.guard);
}
