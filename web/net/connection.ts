import { signal } from '@preact/signals';
import { loadMe } from './session.ts';
import { createSocket } from './socket.ts';

/** Hidden longer than this, a page distrusts its connection: phones freeze it without closing it. */
const DISTRUST_AFTER_MS = 45_000;

/** False while the browser knows that there is no network. */
export const online = signal(navigator.onLine);

/** The page's one socket. */
export const socket = createSocket({
  open: () => new WebSocket(new URL('/socket', location.href.replace(/^http/, 'ws'))),
  random: Math.random,
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: timer => clearTimeout(timer),
  now: () => performance.now(),
  revoked: () => void loadMe(),
});

let hiddenAt = 0;

addEventListener('online', () => {
  online.value = true;
  socket.reconnect();
});
addEventListener('offline', () => {
  online.value = false;
});
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') hiddenAt = performance.now();
  else if (performance.now() - hiddenAt > DISTRUST_AFTER_MS) socket.reconnect();
});
