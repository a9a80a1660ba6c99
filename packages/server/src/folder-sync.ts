import { syncFolder } from './durable-file.ts';

/** Brings the names in folders on to the disk. Those who ask for one folder at the same time are served by one fsync. */
export class FolderSync {
  readonly #syncFolder: (path: string) => Promise<void>;
  readonly #under = new Map<string, { running: Promise<void>; next: Promise<void> | undefined }>();

  constructor(sync: (path: string) => Promise<void> = syncFolder) {
    this.#syncFolder = sync;
  }

  /** Settles when every name that is in the folder now is on the disk. */
  sync(path: string): Promise<void> {
    const under = this.#under.get(path);
    if (under === undefined) return this.#begin(path);
    // The one that runs may have begun before our name was there: the next one is ours, and everybody's who comes meanwhile.
    return (under.next ??= under.running.then(
      () => this.#begin(path),
      () => this.#begin(path),
    ));
  }

  #begin(path: string): Promise<void> {
    const running = this.#syncFolder(path).finally(() => {
      if (this.#under.get(path)?.running === running && this.#under.get(path)?.next === undefined)
        this.#under.delete(path);
    });
    this.#under.set(path, { running, next: undefined });
    return running;
  }
}
