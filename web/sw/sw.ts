/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope;
/** Written by the build (`precache.ts`). */
declare const __SHELL__: readonly string[];

const shell = __SHELL__;
/** Named after the shell's hashed files, so that a new build gets a new cache. */
const cacheName = `shell:${shell.join(',')}`;
/** Live data and media never pass through a cache of ours. */
const untouched = /^\/(api|hls|whip|whep|socket|healthz|readyz|metrics)(\/|$)/;

self.addEventListener('install', event => {
  event.waitUntil(
    caches
      .open(cacheName)
      .then(cache => cache.addAll(shell))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', event => {
  event.waitUntil(dropOldCaches().then(() => self.clients.claim()));
});

self.addEventListener('fetch', event => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin || untouched.test(url.pathname)) return;
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(asset(request));
});

async function dropOldCaches(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter(name => name !== cacheName).map(name => caches.delete(name)));
}

/** A page comes from the network, so that a new build is seen at once; without one the shell opens and says so. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request);
  } catch (offline) {
    const cached = await caches.match('/');
    if (cached) return cached;
    throw offline;
  }
}

/** An asset's name carries the hash of its bytes: once cached it never changes. */
async function asset(request: Request): Promise<Response> {
  const cached = await caches.match(request);
  if (cached) return cached;
  const response = await fetch(request);
  if (response.ok) {
    const cache = await caches.open(cacheName);
    await cache.put(request, response.clone());
  }
  return response;
}
