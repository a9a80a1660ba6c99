import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Page, expect } from '@playwright/test';
import { readOggOpus } from 'turntape/codecs';
import { type FormatCase, type FormatOptions, endingOf, formatCase } from './format-cases.ts';
import { inSteps } from './page-steps.ts';

/** A file of the decode matrix. */
export interface FormatFile {
  name: string;
  path: string;
  /** What the segment's facts say. */
  samples: number;
  facts: Record<string, unknown>;
}

/** Records a session of `speech` (base64 of 16-bit PCM at 24 kHz) as the case says, into a file in `folder`. */
export async function makeFormatFile(page: Page, folder: string, it: FormatCase, speech: string): Promise<FormatFile> {
  const { name, rate, codec: _codec, session, bare: _bare, packetsOf: _packetsOf, ...format } = it;
  const result = await inSteps(page, () => page.evaluate(recordOne, { format, speech, session }));
  expect(result.errors).toEqual([]);
  if (!result.made) throw new Error('nothing was kept');
  const path = join(folder, `${name}.${endingOf(it)}`);
  await writeFile(path, Buffer.from(result.base64, 'base64'));
  const samples = Math.round((result.made.durationMs / 1000) * rate);
  return { name, path, samples, facts: result.made.encoder };
}

/** In the page. */
async function recordOne({
  format,
  speech,
  session: whole,
}: {
  format: FormatOptions;
  speech: string;
  session: FormatCase['session'];
}) {
  const { step } = window;
  const options = { consent: 'granted', microphone: false, vad: false, turns: { mode: 'continuous' } } as const;
  const record = { session: whole?.kept ?? false } as const;
  const recorder = await step('createRecorder', window.turntape.createRecorder({ ...options, ...format, record }));
  const session = await step('startSession', recorder.startSession());
  const errors: string[] = [];
  session.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
  const samples = new Int16Array(Uint8Array.from(atob(speech), (char) => char.charCodeAt(0)).buffer);
  session.user.write(samples, { sampleRate: 24_000 });
  // The clock has begun, and with it the track.
  await step('turn-start', new Promise((resolve) => session.on('turn-start', resolve)));
  await step('stop', session.stop());
  const stored = await step('readSession', recorder.readSession(session.sessionId));
  const [segment] = stored?.segments ?? [];
  const turn = segment && {
    audio: await step('readAudio', recorder.readAudio(segment.segmentId)),
    durationMs: segment.durationMs,
    encoder: segment.capture.encoder,
  };
  const file = whole && (await step('export', session.files.export(whole.made)));
  const made = file
    ? {
        audio: await step('arrayBuffer', file.blob.arrayBuffer()),
        durationMs: file.facts.durationMs,
        encoder: file.facts.encoder,
      }
    : turn;
  await step('dispose', recorder.dispose());
  const bytes = Array.from(new Uint8Array(made?.audio ?? new ArrayBuffer(0)), (byte) => String.fromCharCode(byte));
  return { made, errors, base64: btoa(bytes.join('')) };
}

/** What the bot is given of another case's file, a good second of it, played whole, as it is kept. */
export async function makeGivenFile(
  page: Page,
  folder: string,
  it: FormatCase,
  other: FormatFile,
): Promise<FormatFile> {
  const { packets } = readOggOpus(await readFile(other.path));
  const said = packets.slice(0, 1200 / (formatCase(other.name).encoder?.frameMs ?? 20));
  const base64 = said.map((packet) => Buffer.from(packet).toString('base64'));
  const result = await inSteps(page, () => page.evaluate(playWhole, base64));
  const path = join(folder, `${it.name}.ogg`);
  await writeFile(path, Buffer.from(result.bytes));
  expect(readOggOpus(Buffer.from(result.bytes)).packets).toEqual(said);
  return { name: it.name, path, samples: Math.round(result.durationMs * 48), facts: result.facts };
}

/** In the page. */
async function playWhole(packets: string[]) {
  const { step } = window;
  const options = { consent: 'granted', microphone: false, vad: false } as const;
  const recorder = await step('createRecorder', window.turntape.createRecorder(options));
  // A machine that stops for a moment lets the player run dry: what is heard then is not what was given.
  for (let tries = 0; tries < 20; tries += 1) {
    const session = await step('startSession', recorder.startSession());
    const utterance = session.bot.begin();
    for (const packet of packets) {
      const bytes = Uint8Array.from(atob(packet), (char) => char.charCodeAt(0));
      utterance.write(bytes, { encoding: 'opus', preSkip: 312 });
    }
    utterance.end();
    await step('done', utterance.done);
    await step('stop', session.stop());
    const stored = await step('readSession', recorder.readSession(session.sessionId));
    const segment = stored?.segments.find(({ speaker }) => speaker === 'bot');
    if (!segment || segment.capture.encoder['engine'] !== 'passthrough') continue;
    const { segmentId, durationMs, capture } = segment;
    const audio = await step('readAudio', recorder.readAudio(segmentId));
    await step('dispose', recorder.dispose());
    return { bytes: Array.from(new Uint8Array(audio ?? new ArrayBuffer(0))), durationMs, facts: capture.encoder };
  }
  throw new Error('the packets were never played whole');
}
