/** Whether the plug was pulled: remembered in a cache, since a service worker has no `localStorage`. */

const CACHE = 'demo-trouble';
const PULLED = '/demo-plug-pulled';

/** True while the demo plays a device without a network. */
export async function isUnplugged(): Promise<boolean> {
  return (await caches.match(PULLED, { cacheName: CACHE })) !== undefined;
}

/** Remembers it, also for the next start. */
export async function rememberPlug(pulled: boolean): Promise<void> {
  const cache = await caches.open(CACHE);
  if (pulled) await cache.put(PULLED, new Response('pulled'));
  else await cache.delete(PULLED);
}
