import { createHash, randomUUID } from 'node:crypto';
import { open, rm, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { BodyShare } from './body-budget.ts';

/**
 * Bytes of one file that wait in memory; what is longer waits on the disk. 256 KiB are a minute of Opus: most segments never
 * touch the disk twice, and 64 clients with large ones take 16 MiB.
 */
const IN_MEMORY_BYTES = 256 * 1024;
/** How much of a file's beginning its type is told by. An Ogg page's header is at most 282 bytes. */
const HEAD_BYTES = 512;

/** How a file is received. */
export interface Receiving {
  /** Where a large file waits; undefined: in a file without a name, which ends with the process. */
  folder: string | undefined;
  /** Larger ones are `'too large'`. */
  maxBytes: number;
  /** What of it is in memory is counted here. */
  share: BodyShare;
}

/**
 * A file that has come whole: hashed on its way, in memory when it is small, else on the disk. Disposed of, it is gone,
 * unless a store has moved it to its place.
 */
export class ReceivedBody implements AsyncDisposable {
  readonly byteSize: number;
  /** In hex, of the bytes that came. */
  readonly sha256: string;
  /** The first {@link HEAD_BYTES} of it. */
  readonly head: Uint8Array;
  /** All of it; undefined: it lies in a file. */
  readonly bytes: Uint8Array | undefined;
  readonly #file: WaitingFile | undefined;

  constructor(facts: { byteSize: number; sha256: string; head: Uint8Array }, held: Uint8Array | WaitingFile) {
    this.byteSize = facts.byteSize;
    this.sha256 = facts.sha256;
    this.head = facts.head;
    this.bytes = held instanceof Uint8Array ? held : undefined;
    this.#file = held instanceof Uint8Array ? undefined : held;
  }

  /** From the first byte, as often as it is asked for. */
  read(): Readable {
    if (this.#file === undefined) return Readable.from([this.bytes ?? Buffer.alloc(0)], { objectMode: false });
    return this.#file.handle.createReadStream({ start: 0, autoClose: false });
  }

  /** Brings the file on to the disk and says where it lies, for it to be moved; undefined: it is in memory. */
  async settle(): Promise<string | undefined> {
    await this.#file?.handle.sync();
    return this.#file?.path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file?.handle.close();
    // Not there any more when a store has taken it.
    if (this.#file?.path !== undefined) await rm(this.#file.path, { force: true });
  }
}

interface WaitingFile {
  handle: FileHandle;
  /** Undefined: it has no name. */
  path: string | undefined;
}

/** Takes a file in, piece by piece. `'too large'`: the rest was not looked at, and nothing of it is left. */
export async function receiveBody(
  pieces: AsyncIterable<Uint8Array>,
  { folder, maxBytes, share }: Receiving,
): Promise<ReceivedBody | 'too large'> {
  const hash = createHash('sha256');
  let inMemory: Uint8Array[] = [];
  let head: Uint8Array = new Uint8Array();
  let byteSize = 0;
  let file: WaitingFile | undefined;
  try {
    for await (const piece of pieces) {
      byteSize += piece.byteLength;
      if (byteSize > maxBytes) {
        await discard(file);
        return 'too large';
      }
      hash.update(piece);
      if (head.byteLength < HEAD_BYTES) head = Buffer.concat([head, piece.subarray(0, HEAD_BYTES - head.byteLength)]);
      if (file === undefined && byteSize <= IN_MEMORY_BYTES) {
        share.take(piece.byteLength);
        inMemory.push(piece);
        continue;
      }
      if (file === undefined) {
        file = await openWaiting(folder);
        await file.handle.write(Buffer.concat(inMemory));
        share.give(byteSize - piece.byteLength);
        inMemory = [];
      }
      await writeAll(file.handle, piece);
    }
  } catch (cause) {
    await discard(file);
    throw cause;
  }
  const facts = { byteSize, sha256: hash.digest('hex'), head };
  return new ReceivedBody(facts, file ?? (inMemory.length === 1 ? inMemory[0]! : Buffer.concat(inMemory)));
}

async function openWaiting(folder: string | undefined): Promise<WaitingFile> {
  const path = join(folder ?? tmpdir(), `${folder === undefined ? 'turntape-' : ''}${randomUUID()}.part`);
  const handle = await open(path, 'wx+', 0o600);
  if (folder !== undefined) return { handle, path };
  // A place that nobody sweeps: without a name the file is gone with the process, however that ends.
  await unlink(path);
  return { handle, path: undefined };
}

async function discard(file: WaitingFile | undefined): Promise<void> {
  await file?.handle.close();
  if (file?.path !== undefined) await rm(file.path, { force: true });
}

/** A write may take less than it is given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += (await handle.write(bytes, at)).bytesWritten;
}
