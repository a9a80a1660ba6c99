import { TurntapeError } from '../../core/errors.ts';
import type { FileBytes } from './encode-file.ts';

/** Of one answer to the page: large enough that an hour is hundreds of them, small enough that no memory is felt. */
const PIECE_BYTES = 256 * 1024;

/** Files that the page is reading: it asks for each piece, so that nothing is made that nobody takes. */
export class OpenFiles {
  readonly #files = new Map<string, FileBytes>();
  /** What did not fit into the last piece. */
  readonly #rests = new Map<string, Uint8Array>();

  open(bytes: FileBytes): string {
    const fileId = crypto.randomUUID();
    this.#files.set(fileId, bytes);
    return fileId;
  }

  /** The next piece; null: it is complete. Throws what making it threw, and `aborted` when it was closed. */
  async read(fileId: string): Promise<ArrayBuffer | null> {
    const bytes = this.#files.get(fileId);
    if (!bytes) throw new TurntapeError('aborted', 'the file was closed');
    const piece = new Uint8Array(PIECE_BYTES);
    let filled = 0;
    while (filled < PIECE_BYTES) {
      const rest = this.#rests.get(fileId) ?? (await bytes.next()).value;
      this.#rests.delete(fileId);
      if (!rest) break;
      const part = rest.subarray(0, PIECE_BYTES - filled);
      piece.set(part, filled);
      filled += part.length;
      if (part.length < rest.length) this.#rests.set(fileId, rest.subarray(part.length));
    }
    return filled === 0 ? null : filled === PIECE_BYTES ? piece.buffer : piece.buffer.slice(0, filled);
  }

  /** Gives it up, or lets go of it. Harmless when repeated. */
  async close(fileId: string): Promise<void> {
    const bytes = this.#files.get(fileId);
    this.#files.delete(fileId);
    this.#rests.delete(fileId);
    await bytes?.return();
  }
}
