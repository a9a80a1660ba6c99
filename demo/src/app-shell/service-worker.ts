import { deliverInBackground, httpTarget } from 'turntape/service-worker';
import { SERVER_BASE, serverHeaders } from '../server.ts';
import { isUnplugged } from '../trouble/plug-memory.ts';

/** The demo's other half: its shell in a cache, so that it starts offline, and the outbox emptied when the page is gone. */

/** Written by the build: `build/app-shell.ts`. */
declare const SHELL_FILES: readonly string[];
declare const SHELL_VERSION: string;
declare const self: ServiceWorkerGlobalScope;

const CACHE = `shell-${SHELL_VERSION}`;
/** What is asked of the server or of the demo's own page server is never answered from the cache. */
const NEVER_KEPT = /^\/(v1|demo-token|demo-server)(\/|$)/;

deliverInBackground({
  target: httpTarget(SERVER_BASE, {
    headers: async () => {
      if (await isUnplugged()) throw new Error('The plug is pulled.');
      return serverHeaders();
    },
  }),
});

self.addEventListener('install', (event) => event.waitUntil(keepShell()));
self.addEventListener('activate', (event) => event.waitUntil(letGoOfOlderShells()));
self.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== 'GET' || origin !== self.location.origin || NEVER_KEPT.test(pathname)) return;
  event.respondWith(fromShell(event.request));
});

async function keepShell(): Promise<void> {
  const cache = await caches.open(CACHE);
  // Not from the HTTP cache: the shell is of one build.
  await cache.addAll(SHELL_FILES.map((file) => new Request(file, { cache: 'reload' })));
  await self.skipWaiting();
}

async function letGoOfOlderShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith('shell-') && name !== CACHE).map((name) => caches.delete(name)),
  );
  await self.clients.claim();
}

async function fromShell(request: Request): Promise<Response> {
  // One page: every navigation is `./`. The package names its files with `?no-inline`, a word for bundlers. And
  // what a server lets depend on who asks (`Vary: Origin`) is the same for all of this page.
  const wanted = request.mode === 'navigate' ? './' : request;
  const kept = await caches.match(wanted, { cacheName: CACHE, ignoreSearch: true, ignoreVary: true });
  return kept ?? fetch(request);
}
