import { TurntapeError } from '../core/errors.ts';
import { MemoryOutbox } from '../upload-contract/memory-outbox.ts';
import type { Receipt } from '../upload-contract/receipt.ts';
import { sampleSegmentWithAudio, sampleSession, sampleSha256 } from '../upload-contract/samples.ts';
import type { ServerAnswer } from '../upload-contract/server-answer.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { ManualClock } from './manual-clock.ts';
import { type Uploader, type UploaderOptions, createUploader } from './uploader.ts';
import type { UploaderEvents } from './uploader-events.ts';

/** For the tests of the uploader: an outbox in memory, a target that fails as it is told, a clock by hand. */

/** A target that stores what it gets and fails as it is told: by the item's place in the outbox, one failure a try. */
export class ScriptedTarget implements UploadTarget {
  readonly arrived: string[] = [];
  /** Failures to come, by label of the item. */
  readonly failures = new Map<string, (TurntapeError | 'wrong hash' | 'wrong size' | 'hang')[]>();
  underWay = 0;
  mostUnderWay = 0;
  readonly #release: (() => void)[] = [];

  async send(segment: Parameters<UploadTarget['send']>[0], audio: Blob | undefined): Promise<Receipt> {
    const bytes = (await audio?.arrayBuffer()) ?? new ArrayBuffer(0);
    const failure = await this.#take(`${segment.session_id} segment`);
    const sha256 = failure === 'wrong hash' ? 'f'.repeat(64) : await sampleSha256(bytes);
    const byte_size = failure === 'wrong size' ? 1 : bytes.byteLength;
    return { segment_id: segment.segment_id, sha256, byte_size, audio_url: 'urn:stored' };
  }

  async sendTranscript(transcript: { session_id: string }): Promise<void> {
    await this.#take(`${transcript.session_id} transcript`);
  }

  async sendSession(session: { session_id: string; state: string }): Promise<void> {
    await this.#take(`${session.session_id} ${session.state}`);
  }

  /** Lets everything that hangs go on. */
  release(): void {
    for (const go of this.#release.splice(0)) go();
  }

  async #take(label: string): Promise<unknown> {
    this.underWay += 1;
    this.mostUnderWay = Math.max(this.mostUnderWay, this.underWay);
    const failure = this.failures.get(label)?.shift();
    this.arrived.push(label);
    try {
      if (failure === 'hang') await new Promise<void>((resolve) => this.#release.push(resolve));
      if (failure instanceof TurntapeError) throw failure;
      return failure;
    } finally {
      this.underWay -= 1;
    }
  }
}

/** An outbox, a target, a clock, and uploaders of them, which `end` disposes of. */
export function setUp(options: Partial<UploaderOptions> = {}) {
  const outbox = new MemoryOutbox();
  const target = new ScriptedTarget();
  const clock = new ManualClock();
  const uploaders: Uploader[] = [];
  let goOnline: (() => void) | undefined;
  const start = (more: Partial<UploaderOptions> = {}): Uploader => {
    const uploader = createUploader({
      outbox,
      target,
      clock,
      random: () => 1,
      online: (listener) => {
        goOnline = listener;
        return () => {};
      },
      ...options,
      ...more,
    });
    uploaders.push(uploader);
    return uploader;
  };
  const end = async (): Promise<void> => {
    for (const uploader of uploaders.splice(0)) await uploader.dispose();
  };
  const addSession = (id: string) => outbox.add({ kind: 'session', session: sampleSession(id) });
  const addSegment = async (id: string) => {
    const { segment, audio } = await sampleSegmentWithAudio(id);
    return outbox.add({ kind: 'segment', segment }, audio);
  };
  return { outbox, target, clock, start, addSession, addSegment, online: () => goOnline?.(), end };
}

/** The next event of a type. */
export function next<Type extends keyof UploaderEvents>(uploader: Uploader, type: Type): Promise<UploaderEvents[Type]> {
  return new Promise((resolve) => {
    const off = uploader.on(type, (event) => {
      off();
      resolve(event);
    });
  });
}

/** Every event of a type from now on. */
export function collect<Type extends keyof UploaderEvents>(uploader: Uploader, type: Type): UploaderEvents[Type][] {
  const events: UploaderEvents[Type][] = [];
  uploader.on(type, (event) => events.push(event));
  return events;
}

/** No line. */
export const networkDown = () => new TurntapeError('network', 'no line', { retryable: true });
/** A backend that asks for time. */
export const busy = (retryAfterMs: number) => {
  const cause: ServerAnswer = { status: 503, code: 'busy', message: undefined, field: undefined, retryAfterMs };
  return new TurntapeError('server_error', 'busy', { retryable: true, cause });
};
