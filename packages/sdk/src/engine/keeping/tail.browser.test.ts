import { afterAll, beforeAll, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { type AudioSetup, TAP_PROCESSOR, audioSetupTransferables } from '../../core/messages/audio-setup.ts';
import { typedPort } from '../../core/messages/ports.ts';
import { type TapCommand, type TapMessage, tapCommandTransferables } from '../../core/messages/tap-engine.ts';
import { type TurntapeDatabase, openTurntapeDatabase } from '../../storage/database.ts';
import { listSegments, readAudio } from '../../storage/segments.ts';
import { named, scriptedPipeline, scriptedSettings } from '../../scripted/session.ts';
import { RATE, loaded } from '../../scripted/worklet-ears.ts';

/** The real tap, on a clock that runs; the real pipeline, database and writer of files. */

const SESSIONS = 100;

/** So many frames are numbered, then from the beginning again. A sample is its number, and never silence. */
const NUMBERS = 30_000;

let db: TurntapeDatabase;
let context: AudioContext;
let source: AudioBufferSourceNode;

beforeAll(async () => {
  // A context may start when the user has touched the page.
  await userEvent.click(document.body);
  db = await openTurntapeDatabase(`tail-${crypto.randomUUID()}`);
  context = await loaded(new AudioContext({ sampleRate: RATE }));
  await context.resume();
  const buffer = context.createBuffer(1, NUMBERS, RATE);
  buffer.copyToChannel(
    Float32Array.from({ length: NUMBERS }, (_, at) => (at + 1) / 32_768),
    0,
  );
  source = new AudioBufferSourceNode(context, { buffer, loop: true });
  source.start();
});
afterAll(async () => {
  await context.close();
  db.close();
});

/** A session with its own tap, stopped so long into a turn of the user; what it kept, and when it was stopped. */
async function stoppedInATurn(afterMs: number) {
  const sessionId = crypto.randomUUID();
  const { pipeline, facts } = await scriptedPipeline(db, scriptedSettings(sessionId, { vad: null }));
  const node = new AudioWorkletNode(context, TAP_PROCESSOR);
  const { port1, port2 } = new MessageChannel();
  typedPort<AudioSetup, never>(node.port, audioSetupTransferables).send({ type: 'connect', port: port2 });
  const tap = typedPort<TapCommand, TapMessage>(port1, tapCommandTransferables);
  let endFrame = NaN;
  let untilFrame = Infinity;
  const heard = Promise.withResolvers<void>();
  // Beside the engine: what the tap says last, and that it has heard enough.
  const port: typeof tap = {
    ...tap,
    receive: (receiver) =>
      tap.receive((message) => {
        if (message.type === 'stopped') endFrame = message.endFrame;
        if (message.type === 'block' && message.startFrame >= untilFrame) heard.resolve();
        receiver(message);
      }),
  };
  pipeline.connectTap({ speaker: 'user', clockId: 1, clockRate: RATE, boundaries: 'none', plays: false, port });
  pipeline.say({ type: 'turn-start', speaker: 'user', turnId: crypto.randomUUID() });
  untilFrame = (context.currentTime + afterMs / 1000) * RATE;
  source.connect(node).connect(context.destination);
  await heard.promise;
  const stopFrame = Math.round(context.currentTime * RATE);
  await pipeline.stop('session_stop');
  node.disconnect();
  source.disconnect(node);
  expect(named(facts, 'error')).toEqual([]);
  const segments = await listSegments(db, sessionId);
  const [segment] = segments;
  const bytes = segment && (await readAudio(db, segment.segment_id));
  const gaps = segment?.gaps.length ?? 0;
  return { segments, endFrame, stopFrame, gaps, samples: new Int16Array(bytes?.slice(44) ?? new ArrayBuffer(0)) };
}

test(`[LOSS-24] of ${SESSIONS} sessions that are stopped in the middle of a turn each keeps the last frame that was rendered`, async () => {
  for (let each = 0; each < SESSIONS; each += 1) {
    // At every place within a block, and within the chunk that is being written.
    const { segments, endFrame, stopFrame, gaps, samples } = await stoppedInATurn(5 + ((each * 7) % 23));
    const [segment] = segments;
    expect(segments).toHaveLength(1);
    expect(segment).toMatchObject({ end_reason: 'session_stop', end_frame: endFrame, is_last: true });
    // The tap's own last word is no earlier than the frame at which it was asked.
    expect(endFrame).toBeGreaterThanOrEqual(stopFrame);
    expect(samples.length).toBe(endFrame - (segment?.start_frame ?? NaN));
    if (gaps > 0) continue;
    // One number after the other to the last. A tap that is rendered a quantum before its source is connected hears silence in it.
    const begun = samples.findIndex((sample) => sample !== 0);
    expect(begun % 128).toBe(0);
    expect(begun).toBeLessThanOrEqual(2 * 128);
    const numbered = samples.subarray(begun);
    const faults = numbered.slice(1).filter((sample, at) => sample !== ((numbered[at] ?? 0) % NUMBERS) + 1);
    expect(faults.length).toBe(0);
  }
});
