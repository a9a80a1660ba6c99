import { sampleSession, sampleSessionEnd, sampleTranscript } from '../upload-contract/samples.ts';
import { serverAnswer } from '../upload-contract/server-answer.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { assert, assertProves, failureOf, sampleUnheard, sampleWav, send } from './conformance-kit.ts';

/** A failure that a backend can be told to make, of everything that is asked of it until the next word. */
export type TargetFault =
  /** As it is. */
  | 'none'
  /** It is not there: the line breaks before anything is answered. */
  | 'unreachable'
  /** It stores what it is sent, and the line breaks before it says so. */
  | 'lost-answer'
  /** It refuses every token: 401. */
  | 'unauthorized'
  /** It asks for seven seconds: 503 with `Retry-After: 7`. */
  | 'busy'
  /** It fails: 500. */
  | 'broken'
  /** It takes no file of this size: 413. */
  | 'too-large';

/** A file as a backend has it. */
export interface StoredFile {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly byteSize: number;
}

/** What a rule looks at the backend with. */
export interface ConformanceTools {
  /** Largest file to try, in bytes. */
  readonly largestBytes: number;
  readonly stored: (segmentId: string) => Promise<StoredFile | undefined>;
  readonly fault: (fault: TargetFault) => Promise<void>;
}

/** One thing that is asked of every target. */
export interface ConformanceRule {
  readonly name: string;
  /** What it cannot be tried without. */
  readonly needs?: 'fault' | 'stored' | 'conflicts' | 'transcripts' | 'sessions';
  /** Rejects with what is wrong. */
  readonly check: (target: UploadTarget, tools: ConformanceTools) => Promise<void>;
}

/** What the outbox relies on. */
export const RULES: readonly ConformanceRule[] = [
  {
    name: 'a segment is stored and its receipt proves it',
    check: async (target) => {
      const sample = await sampleWav();
      assertProves(await send(target, sample), sample.segment);
    },
  },
  {
    name: 'the file arrives byte for byte',
    needs: 'stored',
    check: async (target, { stored }) => {
      const sample = await sampleWav({ durationMs: 333 });
      await send(target, sample);
      const file = await stored(sample.segment.segment_id);
      const { sha256, byte_size } = sample.segment;
      assert(file?.sha256 === sha256 && file.byteSize === byte_size, `the backend has ${JSON.stringify(file)}`);
    },
  },
  {
    name: 'the largest file arrives whole',
    check: async (target, { largestBytes }) => {
      const sample = await sampleWav({ durationMs: ((largestBytes - 44) / 32_000) * 1000 });
      assertProves(await send(target, sample), sample.segment);
    },
  },
  {
    name: 'a turn that was never heard is stored without a file',
    check: async (target) => {
      const segment = sampleUnheard();
      const receipt = await send(target, { segment });
      assert(receipt.segment_id === segment.segment_id && receipt.byte_size === 0, JSON.stringify(receipt));
    },
  },
  {
    name: 'the same segment again gives the same receipt',
    check: async (target) => {
      const sample = await sampleWav();
      const first = await send(target, sample);
      const second = await send(target, sample);
      assertProves(second, sample.segment);
      assert(first.audio_url === second.audio_url, 'the second receipt names another place');
    },
  },
  {
    name: 'the same segment twice at once is stored once, and both are told',
    check: async (target) => {
      const sample = await sampleWav();
      for (const receipt of await Promise.all([send(target, sample), send(target, sample)]))
        assertProves(receipt, sample.segment);
    },
  },
  {
    name: 'segments that are sent at once are kept apart',
    check: async (target) => {
      const samples = await Promise.all([200, 300, 400, 500].map((pitchHz) => sampleWav({ pitchHz })));
      const receipts = await Promise.all(samples.map((sample) => send(target, sample)));
      receipts.forEach((receipt, index) => assertProves(receipt, samples[index]!.segment));
    },
  },
  {
    name: 'other bytes under the same id are refused for good, and the first stay',
    needs: 'conflicts',
    check: async (target) => {
      const sample = await sampleWav();
      await send(target, sample);
      const { segment_id, session_id } = sample.segment;
      const other = await sampleWav({ sessionId: session_id, segment_id, pitchHz: 880 });
      const error = await failureOf(send(target, other), 'rejected');
      assert(!error.retryable, 'a conflict is not to be tried again');
      assertProves(await send(target, sample), sample.segment);
    },
  },
  {
    name: 'metadata of any alphabet travels',
    check: async (target) => {
      const sample = await sampleWav({ external_id: 'ход-ターン-🎙️-"\\\n' });
      assertProves(await send(target, sample), sample.segment);
    },
  },
  {
    name: 'what it is given is left as it was',
    check: async (target) => {
      const sample = await sampleWav();
      const before = JSON.stringify(sample.segment);
      const { size, type } = sample.audio;
      await send(target, { segment: Object.freeze(sample.segment), audio: sample.audio });
      const isSame = JSON.stringify(sample.segment) === before;
      assert(isSame && sample.audio.size === size && sample.audio.type === type, 'it was changed');
    },
  },
  {
    name: 'onSent is called once at most, and before the receipt',
    check: async (target) => {
      let calls = 0;
      let isSettled = false;
      const sample = await sampleWav();
      await send(target, sample, {
        onSent: () => {
          calls += 1;
          assert(!isSettled, 'onSent came after the receipt');
        },
      });
      isSettled = true;
      assert(calls <= 1, `onSent was called ${calls} times`);
    },
  },
  {
    name: 'a signal that is aborted before ends the call',
    check: async (target) => {
      await failureOf(send(target, await sampleWav(), { signal: AbortSignal.abort() }), 'aborted');
    },
  },
  {
    name: 'a transcript is taken, again, and in a later revision',
    needs: 'transcripts',
    check: async (target) => {
      const { signal } = new AbortController();
      const transcript = sampleTranscript(crypto.randomUUID(), { turn_id: crypto.randomUUID() });
      await target.sendTranscript?.(transcript, { signal });
      await target.sendTranscript?.(transcript, { signal });
      await target.sendTranscript?.({ ...transcript, text: 'Is somebody there?', revision: 2 }, { signal });
    },
  },
  {
    name: 'a session is taken at its start, at its end, and again',
    needs: 'sessions',
    check: async (target) => {
      const { signal } = new AbortController();
      const sessionId = crypto.randomUUID();
      await target.sendSession?.(sampleSession(sessionId), { signal });
      await target.sendSession?.(sampleSessionEnd(sessionId), { signal });
      await target.sendSession?.(sampleSessionEnd(sessionId), { signal });
    },
  },
  {
    name: 'a backend that is not there is a failure to be tried again',
    needs: 'fault',
    check: async (target, { fault }) => {
      const sample = await sampleWav();
      await fault('unreachable');
      const error = await failureOf(send(target, sample), 'network', 'server_error');
      assert(error.retryable, 'it must be retryable');
      await fault('none');
      assertProves(await send(target, sample), sample.segment);
    },
  },
  {
    name: 'a lost answer is a failure to be tried again, and the segment is there once',
    needs: 'fault',
    check: async (target, { fault }) => {
      const sample = await sampleWav();
      await fault('lost-answer');
      const error = await failureOf(send(target, sample), 'network', 'server_error');
      assert(error.retryable, 'it must be retryable');
      await fault('none');
      assertProves(await send(target, sample), sample.segment);
    },
  },
  {
    name: 'a refused token is said, so that its session alone is paused',
    needs: 'fault',
    check: async (target, { fault }) => {
      const sample = await sampleWav();
      await fault('unauthorized');
      const error = await failureOf(send(target, sample), 'unauthorized');
      assert(!error.retryable, 'it must not be tried again by itself');
      await fault('none');
      assertProves(await send(target, sample), sample.segment);
    },
  },
  {
    name: 'a backend that asks for time is understood',
    needs: 'fault',
    check: async (target, { fault }) => {
      await fault('busy');
      const error = await failureOf(send(target, await sampleWav()), 'server_error');
      assert(error.retryable, 'it must be retryable');
      const asked = serverAnswer(error)?.retryAfterMs;
      assert(asked === 7000, `it asked for 7000 ms, the error's cause says ${asked}`);
    },
  },
  {
    name: 'a backend that fails is a failure to be tried again',
    needs: 'fault',
    check: async (target, { fault }) => {
      await fault('broken');
      const error = await failureOf(send(target, await sampleWav()), 'server_error');
      assert(error.retryable, 'it must be retryable');
    },
  },
  {
    name: 'a file that is too large is refused for good',
    needs: 'fault',
    check: async (target, { fault }) => {
      await fault('too-large');
      const error = await failureOf(send(target, await sampleWav()), 'rejected');
      assert(!error.retryable, 'it must not be tried again by itself');
    },
  },
];
