import { TurntapeError } from '../../core/errors.ts';
import type { SegmentWire, SessionWire, TranscriptWire } from '../../core/wire.ts';
import type { Receipt } from '../../upload-contract/receipt.ts';
import type { SendOptions, UploadTarget } from '../../upload-contract/target.ts';
import { mediaType } from '../../upload/media-type.ts';

/** Where the files go. */
export interface FileTargetOptions {
  /**
   * A folder: of `showDirectoryPicker({ mode: 'readwrite' })`, or of `navigator.storage.getDirectory()`. What was
   * written is read again and hashed: a receipt is a proof. Default: none, each file is downloaded.
   */
  directory?: FileSystemDirectoryHandle | undefined;
  /**
   * How a file is handed to the browser. Default: the click of a link with `download`. No browser tells whether a
   * download has reached the disk, so its receipt says no more than that the browser has it: use it with
   * `recorder.outbox.export()`, which lets go of nothing.
   */
  download?: ((file: File) => void | Promise<void>) | undefined;
}

/**
 * Segments as files on this device: audio, and the metadata beside it as JSON. In a folder, one below it for each
 * session, with its transcripts and its facts.
 */
export function fileTarget({ directory, download = clickDownload }: FileTargetOptions = {}): UploadTarget {
  return directory ? new DirectoryTarget(directory) : new DownloadTarget(download);
}

class DownloadTarget implements UploadTarget {
  readonly #download: (file: File) => void | Promise<void>;

  constructor(download: (file: File) => void | Promise<void>) {
    this.#download = download;
  }

  async send(segment: SegmentWire, audio: Blob | undefined, { signal }: SendOptions): Promise<Receipt> {
    const { type, extension } = mediaType(segment);
    throwIfAborted(signal);
    const receipt = await receiptOf(segment, audio);
    if (audio) await this.#download(new File([audio], `${nameOf(segment)}.${extension}`, { type }));
    await this.#download(new File([jsonOf(segment)], `${nameOf(segment)}.json`, { type: 'application/json' }));
    return receipt;
  }
}

class DirectoryTarget implements UploadTarget {
  readonly #directory: FileSystemDirectoryHandle;

  constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory;
  }

  async send(segment: SegmentWire, audio: Blob | undefined, { signal }: SendOptions): Promise<Receipt> {
    const name = nameOf(segment);
    return this.#in(segment.session_id, signal, async (folder) => {
      const before = await readText(folder, `${name}.json`);
      if (before !== undefined && hashIn(before) !== segment.sha256)
        throw new TurntapeError('rejected', 'the folder has this segment with other bytes', { field: 'sha256' });
      const file = `${name}.${mediaType(segment).extension}`;
      if (audio) await write(folder, file, audio, signal);
      const stored = audio && (await (await folder.getFileHandle(file)).getFile());
      const receipt = await receiptOf(segment, stored);
      // Last: what has its facts beside it is whole.
      await write(folder, `${name}.json`, jsonOf(segment), signal);
      return { ...receipt, audio_url: `${segment.session_id}/${stored ? file : `${name}.json`}` };
    });
  }

  async sendTranscript(transcript: TranscriptWire, { signal }: SendOptions): Promise<void> {
    const { session_id, occurred_at, role, transcript_id, revision } = transcript;
    const name = `${fit(occurred_at)} ${role} transcript ${transcript_id} ${revision}.json`;
    await this.#in(session_id, signal, (folder) => write(folder, name, jsonOf(transcript), signal));
  }

  async sendSession(session: SessionWire, { signal }: SendOptions): Promise<void> {
    await this.#in(session.session_id, signal, (folder) => write(folder, 'session.json', jsonOf(session), signal));
  }

  async #in<Result>(
    sessionId: string,
    signal: AbortSignal,
    work: (folder: FileSystemDirectoryHandle) => Promise<Result>,
  ): Promise<Result> {
    throwIfAborted(signal);
    try {
      return await work(await this.#directory.getDirectoryHandle(sessionId, { create: true }));
    } catch (thrown) {
      throw toTargetError(thrown);
    }
  }
}

async function write(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: Blob | string,
  signal: AbortSignal,
): Promise<void> {
  throwIfAborted(signal);
  const handle = await folder.getFileHandle(name, { create: true });
  // Into a file beside it, which takes its place when it is closed: whole or not at all.
  const stream = await handle.createWritable();
  try {
    await stream.write(content);
    await stream.close();
  } catch (thrown) {
    await stream.abort(thrown).catch(() => undefined);
    throw thrown;
  }
}

async function readText(folder: FileSystemDirectoryHandle, name: string): Promise<string | undefined> {
  try {
    return await (await (await folder.getFileHandle(name)).getFile()).text();
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'NotFoundError') return undefined;
    throw thrown;
  }
}

function hashIn(json: string): unknown {
  try {
    return (JSON.parse(json) as { sha256?: unknown }).sha256;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

async function receiptOf({ segment_id }: SegmentWire, stored: Blob | undefined): Promise<Receipt> {
  if (!stored) return { segment_id, sha256: '', byte_size: 0 };
  const digest = await crypto.subtle.digest('SHA-256', await stored.arrayBuffer());
  const sha256 = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return { segment_id, sha256, byte_size: stored.size };
}

/** In the order of the conversation when sorted by name; the id makes it the segment's own. */
function nameOf({ started_at, speaker, part, segment_id }: SegmentWire): string {
  return `${fit(started_at)} ${speaker} ${part} ${segment_id}`;
}

/** Fit for a file's name everywhere. */
function fit(time: string): string {
  return time.replaceAll(':', '-');
}

function jsonOf(facts: unknown): string {
  return `${JSON.stringify(facts, null, 2)}\n`;
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw new TurntapeError('aborted', 'the writing was aborted', { cause: signal.reason });
}

/** A permission that has lapsed pauses the session, as a refused token does; a full or busy disk is tried again. */
function toTargetError(thrown: unknown): unknown {
  if (!(thrown instanceof DOMException)) return thrown;
  if (thrown.name === 'NotAllowedError')
    return new TurntapeError('unauthorized', 'the folder may not be written any more: ask for permission again', {
      cause: thrown,
    });
  const code = thrown.name === 'QuotaExceededError' ? 'storage_full' : 'storage_failed';
  return new TurntapeError(code, 'the folder could not be written', { retryable: true, cause: thrown });
}

function clickDownload(file: File): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
