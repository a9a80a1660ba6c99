import { deliverInBackground, httpTarget } from './turntape/service-worker.js';

/** The service worker of an app that records offline: its shell in a cache, and the outbox emptied without a page. */

const CACHE = 'shell-1';
const SHELL = ['./', './index.html', './app.js', './turntape/index.js', './turntape/assets.json'];

// A target of its own, with tokens of its own: the page may be gone.
const token = async () => (await fetch('/token')).text();
const headers = async () => ({ authorization: `Bearer ${await token()}` });
deliverInBackground({ target: httpTarget('/v1', { headers }) });

self.addEventListener('install', (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      // Worker, worklets, WebAssembly and models: everything that a session needs, listed by the package.
      const assets = await (await fetch('./turntape/assets.json')).json();
      await cache.addAll([...SHELL, ...assets.map((name) => `./turntape/${name}`)]);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  if (event.request.method !== 'GET' || event.request.url.includes('/v1/')) return;
  event.respondWith(
    (async () => {
      // The package names its files with `?no-inline`, a word for bundlers.
      const kept = await caches.match(event.request, { ignoreSearch: true });
      return kept ?? fetch(event.request);
    })(),
  );
});
