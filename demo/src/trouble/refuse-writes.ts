/**
 * A disk that can be full: in the engine's thread, before the engine is there. While it is full every write is refused with the
 * error that a browser has for it; what is there can be read and deleted.
 */

const ORDERS = 'demo-disk';
let full = false;

new BroadcastChannel(ORDERS).addEventListener('message', ({ data }: MessageEvent<{ full: boolean }>) => {
  full = data.full;
});

for (const name of ['put', 'add'] as const) {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this`
  const write = IDBObjectStore.prototype[name];
  IDBObjectStore.prototype[name] = function (this: IDBObjectStore, ...args: Parameters<IDBObjectStore['put']>) {
    if (full) throw new DOMException('The disk is full, as the demo was told.', 'QuotaExceededError');
    return write.apply(this, args);
  };
}
