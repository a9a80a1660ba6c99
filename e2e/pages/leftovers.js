/** What is stored for this origin, by every interface that could read it: `window.leftovers()`. */

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error));
  });

async function rowsOf(name) {
  const db = await settled(indexedDB.open(name));
  const stores = [...db.objectStoreNames];
  const tx = db.transaction(stores);
  const counts = await Promise.all(stores.map((store) => settled(tx.objectStore(store).count())));
  db.close();
  return stores.map((store, index) => [store, counts[index]]);
}

window.leftovers = async () => {
  const databases = await indexedDB.databases();
  const rows = (await Promise.all(databases.map(({ name }) => rowsOf(name)))).flat();
  const files = [];
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) files.push(name);
  return {
    rows: Object.fromEntries(rows.filter(([, count]) => count > 0)),
    caches: await caches.keys(),
    files,
    keys: [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...document.cookie.split(';').filter(Boolean)],
  };
};
