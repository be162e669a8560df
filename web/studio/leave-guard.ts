/** Asks before the page is left: the browser's own question for closing it, `onBack` for the way back. */
export function guardLeaving(onBack: () => void): () => void {
  const closing = (event: BeforeUnloadEvent) => event.preventDefault();
  const here = location.href;
  const state: unknown = history.state;
  // Before the router hears of it: the page stays, and so does its entry in the history.
  const goingBack = (event: PopStateEvent) => {
    event.stopImmediatePropagation();
    history.pushState(state, '', here);
    onBack();
  };
  addEventListener('beforeunload', closing);
  addEventListener('popstate', goingBack, { capture: true });
  return () => {
    removeEventListener('beforeunload', closing);
    removeEventListener('popstate', goingBack, { capture: true });
  };
}
