import type { Page } from '@playwright/test';

/** What any interface of the browser can read of this origin. */
export interface Leftovers {
  /** Rows of every store that has some, of every database. */
  rows: Record<string, number>;
  caches: string[];
  /** Names in the origin's private file system. */
  files: string[];
  /** Keys of localStorage and sessionStorage, and names of cookies. */
  keys: string[];
}

declare global {
  interface Window {
    /** Put there by `watchLeftovers`. */
    leftovers: () => Promise<Leftovers>;
  }
}

/** Gives the page `window.leftovers()`: everything that is stored for its origin, by every interface that could read it. */
export async function watchLeftovers(page: Page): Promise<void> {
  await page.evaluate(() => {
    const settled = <Result>(request: IDBRequest<Result>): Promise<Result> =>
      new Promise((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result));
        request.addEventListener('error', () => reject(request.error ?? new Error('the database does not say')));
      });
    const rowsOf = async (name: string): Promise<[string, number][]> => {
      const db = await settled(indexedDB.open(name));
      const stores = [...db.objectStoreNames];
      const tx = db.transaction(stores);
      const counts = await Promise.all(stores.map((store) => settled(tx.objectStore(store).count())));
      db.close();
      return stores.map((store, index) => [store, counts[index] ?? 0]);
    };
    window.leftovers = async () => {
      const databases = await indexedDB.databases();
      const rows = (await Promise.all(databases.map(({ name = '' }) => rowsOf(name)))).flat();
      const files: string[] = [];
      const root = (await navigator.storage.getDirectory()) as unknown as { keys(): AsyncIterable<string> };
      for await (const name of root.keys()) files.push(name);
      return {
        rows: Object.fromEntries(rows.filter(([, count]) => count > 0)),
        caches: await caches.keys(),
        files,
        keys: [
          ...Object.keys(localStorage),
          ...Object.keys(sessionStorage),
          ...document.cookie.split(';').filter(Boolean),
        ],
      };
    };
  });
}
