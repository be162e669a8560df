import { signal } from '@preact/signals';
import { formatAge } from './format.ts';

const now = signal(Date.now());
setInterval(() => {
  if (document.visibilityState === 'visible') now.value = Date.now();
}, 30_000);
document.addEventListener('visibilitychange', () => {
  now.value = Date.now();
});

/** How long ago, kept up to date; the full date as a tooltip and to screen readers. */
export function Age({ at }: { readonly at: string }) {
  const then = new Date(at);
  const full = then.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' });
  return (
    <time dateTime={at} title={full}>
      {formatAge(then.getTime(), Math.max(now.value, then.getTime()))}
    </time>
  );
}
