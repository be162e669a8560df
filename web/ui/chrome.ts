import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

/** How much of the app's frame stands around a page: `bare` leaves the page alone on the screen, without bar or rail. */
export type Chrome = 'full' | 'bare';

export const chrome = signal<Chrome>('full');

/** Hides the navigation while the calling component is shown and `wanted` holds: framing, broadcasting, watching. */
export function useBareChrome(wanted = true): void {
  useEffect(() => {
    if (!wanted) return;
    chrome.value = 'bare';
    return () => {
      chrome.value = 'full';
    };
  }, [wanted]);
}

/** Names the page in the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title ? `${title} · Skylark` : 'Skylark';
  }, [title]);
}
