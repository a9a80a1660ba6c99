import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm, rmdir, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Blob, BlobStore, StoredBlob } from './blob-store.ts';
import { moveFile, writeDurably } from './durable-file.ts';
import { FolderSync } from './folder-sync.ts';
import type { ReceivedBody } from './received-body.ts';

/** Where files are while they are written. Nothing in it is ever the only copy of anything acknowledged. */
const INCOMING = 'incoming';
const RECORDINGS = 'recordings';

/** A {@link BlobStore} in a folder on disk; a row's `audio_url` is the file's path below that folder. */
export interface FileStore extends BlobStore {
  /** Files half written when the process ended, removed now. */
  readonly swept: number;
}

/** Opens the folder, making it when it is new, and removes what an earlier process left half written. */
export async function openFileStore(folder: string): Promise<FileStore> {
  const incoming = join(folder, INCOMING);
  await mkdir(incoming, { recursive: true, mode: 0o700 });
  await makeFolder(join(folder, RECORDINGS), new FolderSync());
  const left = await readdir(incoming);
  for (const name of left) await rm(join(incoming, name), { recursive: true, force: true });

  const folderSync = new FolderSync();
  return {
    swept: left.length,
    waitingFolder: incoming,
    async put(blobs) {
      const written = await writeAll(incoming, blobs);
      const folders = new Set<string>();
      for (const { part, key } of written) {
        const path = join(folder, key);
        await moveIntoFolder(part, path, folderSync);
        folders.add(dirname(path));
      }
      // The new names are lost in a power cut until their folder is on the disk too.
      for (const changed of folders) await folderSync.sync(changed);
    },
    async size(key) {
      try {
        return (await stat(join(folder, key))).size;
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw cause;
      }
    },
    async remove(keys) {
      const folders = new Set<string>();
      for (const key of keys) {
        await rm(join(folder, key), { force: true });
        folders.add(dirname(join(folder, key)));
      }
      for (const changed of folders) await folderSync.sync(changed).catch(unlessMissing);
      const emptied = new Set(keys.flatMap(foldersAbove).map((path) => join(folder, path)));
      // Deepest first, so that a folder is empty when its turn comes; one that still holds something stays.
      for (const changed of [...emptied].sort((a, b) => b.length - a.length)) await rmdir(changed).catch(unlessInUse);
    },
    list: (prefix) => listFolder(folder, prefix),
    async probe() {
      const part = join(incoming, `${randomUUID()}.probe`);
      await writeDurably(part, Buffer.from('probe'));
      await rm(part);
    },
    async room() {
      const { bavail, bsize } = await statfs(folder);
      return { freeBytes: bavail * bsize };
    },
    read: (key, range) => createReadStream(join(folder, key), range && { start: range.first, end: range.last }),
    url: (key) => key,
  };
}

/** Brings every file on to the disk, aside. When one fails none that was written here is left behind. */
async function writeAll(incoming: string, blobs: readonly Blob[]): Promise<{ part: string; key: string }[]> {
  const parts = await Promise.allSettled(blobs.map(({ bytes }) => writeAside(incoming, bytes)));
  const failed = parts.find((part) => part.status === 'rejected');
  if (failed === undefined)
    return parts.flatMap((part, i) => (part.status === 'fulfilled' ? [{ part: part.value, key: blobs[i]!.key }] : []));
  for (const part of parts) if (part.status === 'fulfilled') await rm(part.value, { force: true });
  throw failed.reason;
}

/** The path of the file that is to be moved to its place. */
async function writeAside(incoming: string, bytes: Blob['bytes']): Promise<string> {
  const inMemory = bytes instanceof Uint8Array ? bytes : bytes.bytes;
  if (inMemory === undefined && !(bytes instanceof Uint8Array)) {
    const waiting = await bytes.settle();
    if (waiting !== undefined) return waiting;
  }
  const part = join(incoming, `${randomUUID()}.part`);
  try {
    if (inMemory === undefined) await writeStream(part, (bytes as ReceivedBody).read());
    else await writeDurably(part, inMemory);
    return part;
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
}

async function writeStream(path: string, bytes: Readable): Promise<void> {
  await using file = await open(path, 'wx', 0o600);
  await writeFile(file, bytes);
  await file.sync();
}

/** Moves a file to its place. Its folder is nearly always there: it is made when it is missed. */
async function moveIntoFolder(part: string, path: string, folderSync: FolderSync): Promise<void> {
  try {
    await moveFile(part, path);
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    await makeFolder(dirname(path), folderSync);
    await moveFile(part, path);
  }
}

/** Makes a folder and every one above it; each new name is on the disk when it settles. */
async function makeFolder(path: string, folderSync: FolderSync): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await folderSync.sync(dirname(made));
}

/** Files below a folder, one folder after another: a million of them are never in memory at once. */
async function* listFolder(root: string, prefix: string): AsyncGenerator<StoredBlob> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true }).catch((cause: unknown) => {
    unlessMissing(cause);
    return [];
  });
  for (const entry of entries) {
    const key = `${prefix}${entry.name}`;
    if (entry.isDirectory()) yield* listFolder(root, `${key}/`);
    if (!entry.isFile()) continue;
    const facts = await stat(join(root, key)).catch(unlessMissing);
    if (facts !== undefined) yield { key, byteSize: facts.size, modifiedAtMs: facts.mtimeMs };
  }
}

/** The folders that a key lies in, less the outermost, which stays: `recordings/s/external`, `recordings/s`. */
function foldersAbove(key: string): string[] {
  const words = key.split('/').slice(0, -1);
  return words.map((_, i) => words.slice(0, i + 1).join('/')).slice(1);
}

/** Something may go away between two looks at it. */
function unlessMissing(thrown: unknown): undefined {
  if (!isMissing(thrown)) throw thrown;
}

function unlessInUse(thrown: unknown): void {
  const { code } = thrown as { code?: unknown };
  if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && !isMissing(thrown)) throw thrown;
}

function isMissing(thrown: unknown): boolean {
  const { code } = thrown as { code?: unknown };
  return code === 'ENOENT' || code === 'ENOTDIR';
}
