/**
 * For a test run in which ids are not random but come in order: whoever takes the first row of a store that is keyed by ids
 * gets the oldest one in a run `up` and the newest in a run `down`, each time, and not one of them by chance. A test that
 * falls in one of the two leans on the order of random ids. In Node and in a browser.
 *
 * @param {'up' | 'down'} direction
 */
export function putIdsInOrder(direction) {
  let count = 0;
  // Of this file alone: files share databases.
  const tail = Array.from(crypto.getRandomValues(new Uint8Array(6)), (byte) => byte.toString(16).padStart(2, '0'));
  /** @returns {`${string}-${string}-${string}-${string}-${string}`} */
  const next = () => {
    count += 1;
    const head = direction === 'up' ? count : 0xffffffff - count;
    return `${head.toString(16).padStart(8, '0')}-0000-4000-8000-${tail.join('')}`;
  };
  globalThis.crypto.randomUUID = next;
  if (typeof process === 'undefined' || !process.versions?.node) return;
  process.getBuiltinModule('node:crypto').randomUUID = next;
  // Also for who imports it by its name.
  process.getBuiltinModule('node:module').syncBuiltinESMExports();
}
