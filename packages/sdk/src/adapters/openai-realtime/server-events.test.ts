import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AudioPieces, readAudioFormat } from './audio-format.ts';
import { truncation } from './client-events.ts';
import { readServerEvent } from './server-events.ts';

const ids = { event_id: 'e', response_id: 'r', item_id: 'i', output_index: 0, content_index: 1 };

test.each([
  [
    'response.output_audio.delta',
    'response.audio.delta',
    { delta: 'AAA=' },
    { type: 'bot-audio', responseId: 'r', itemId: 'i', contentIndex: 1, base64: 'AAA=' },
  ],
  ['response.output_audio.done', 'response.audio.done', {}, { type: 'bot-audio-end', itemId: 'i' }],
  [
    'response.output_audio_transcript.delta',
    'response.audio_transcript.delta',
    { delta: 'he' },
    { type: 'bot-text', responseId: 'r', itemId: 'i', text: 'he', isWhole: false },
  ],
  [
    'response.output_audio_transcript.done',
    'response.audio_transcript.done',
    { transcript: 'hey' },
    { type: 'bot-text', responseId: 'r', itemId: 'i', text: 'hey', isWhole: true },
  ],
])('[ADAPT-4] %s is taken, and so is %s', (name, oldName, fields, news) => {
  for (const type of [name, oldName])
    expect(readServerEvent(JSON.stringify({ type, ...ids, ...fields }))).toEqual(news);
});

test.each([
  [
    { type: 'input_audio_buffer.speech_started', item_id: 'i', audio_start_ms: 3 },
    { type: 'user-speech', itemId: 'i', speaks: true },
  ],
  [
    { type: 'input_audio_buffer.speech_stopped', item_id: 'i', audio_end_ms: 3 },
    { type: 'user-speech', itemId: 'i', speaks: false },
  ],
  [
    { type: 'input_audio_buffer.committed', item_id: 'i', previous_item_id: null },
    { type: 'user-committed', itemId: 'i' },
  ],
  [
    { type: 'conversation.item.input_audio_transcription.completed', item_id: 'i', content_index: 0, transcript: 'hi' },
    { type: 'user-text', itemId: 'i', text: 'hi' },
  ],
  [
    { type: 'response.created', response: { id: 'r' } },
    { type: 'response', responseId: 'r', isActive: true },
  ],
  [
    { type: 'response.done', response: { id: 'r', status: 'cancelled' } },
    { type: 'response', responseId: 'r', isActive: false },
  ],
  [
    { type: 'response.output_item.added', response_id: 'r', item: { id: 'i', type: 'message' } },
    { type: 'bot-item', responseId: 'r', itemId: 'i' },
  ],
  [
    { type: 'output_audio_buffer.started', response_id: 'r' },
    { type: 'bot-plays', responseId: 'r', now: 'started' },
  ],
  [
    { type: 'output_audio_buffer.stopped', response_id: 'r' },
    { type: 'bot-plays', responseId: 'r', now: 'stopped' },
  ],
  [{ type: 'output_audio_buffer.cleared' }, { type: 'bot-plays', responseId: undefined, now: 'cleared' }],
  [
    { type: 'error', error: { type: 'invalid_request_error', event_id: 'mine' } },
    { type: 'refused', eventId: 'mine', code: 'invalid_request_error' },
  ],
])('[ADAPT-4] %o is news', (event, news) => {
  expect(readServerEvent(JSON.stringify(event))).toEqual(news);
  expect(readServerEvent(event)).toEqual(news);
});

const settings = (session: object) => readServerEvent({ type: 'session.updated', session });

test('[ADAPT-4] formats and turn detection are read where each version of the API has them', () => {
  expect(
    settings({
      audio: {
        input: { turn_detection: { type: 'semantic_vad', interrupt_response: false } },
        output: { format: { type: 'audio/pcmu' } },
      },
    }),
  ).toEqual({
    type: 'settings',
    output: { sampleRate: 8000, encoding: 'mulaw' },
    cuts: false,
  });
  expect(settings({ output_audio_format: 'g711_alaw', turn_detection: { type: 'server_vad' } })).toEqual({
    type: 'settings',
    output: { sampleRate: 8000, encoding: 'alaw' },
    cuts: true,
  });
  expect(settings({ audio: { input: { turn_detection: null } } })).toEqual({
    type: 'settings',
    output: undefined,
    cuts: false,
  });
  expect(settings({})).toEqual({ type: 'settings', output: undefined, cuts: undefined });
  expect([readAudioFormat('pcm16'), readAudioFormat({ type: 'audio/pcm', rate: 16_000 })]).toEqual([
    { sampleRate: 24_000 },
    { sampleRate: 16_000 },
  ]);
});

test('[ADAPT-4] whatever else comes by the line is nothing, and harms nothing', () => {
  for (const data of [
    '',
    'ping: 3',
    'null',
    '[]',
    '{}',
    new ArrayBuffer(3),
    undefined,
    null,
    7,
    '{"type":"rate_limits.updated"}',
  ])
    expect(readServerEvent(data)).toBeUndefined();
  // Events of these names without what makes them: another server's, a later version.
  for (const type of [
    'input_audio_buffer.committed',
    'response.created',
    'response.output_item.added',
    'response.output_audio.delta',
    'response.output_audio_transcript.done',
    'error',
  ])
    expect(readServerEvent({ type }), type).toBeUndefined();
  // A function call is no item that is spoken.
  expect(
    readServerEvent({ type: 'response.output_item.added', response_id: 'r', item: { id: 'i', type: 'function_call' } }),
  ).toBeUndefined();
});

test('[ADAPT-5] [U-9] a truncation is a whole number of milliseconds from 0 up to what was received; nothing is said where nothing was lost', () => {
  fc.assert(
    fc.property(
      fc.double({ min: -500, max: 20_000, noNaN: true }),
      fc.double({ min: 0, max: 10_000, noNaN: true }),
      (heardMs, receivedMs) => {
        const event = truncation({ itemId: 'i', contentIndex: 2, heardMs, receivedMs });
        if (heardMs >= receivedMs || receivedMs < 1) {
          expect(event).toBeUndefined();
          return;
        }
        if (event?.type !== 'conversation.item.truncate') {
          // Less than a millisecond was lost.
          expect(Math.floor(receivedMs)).toBeLessThanOrEqual(heardMs);
          return;
        }
        expect(event).toMatchObject({ item_id: 'i', content_index: 2 });
        expect(Number.isInteger(event.audio_end_ms)).toBe(true);
        expect(event.audio_end_ms).toBeGreaterThanOrEqual(0);
        expect(event.audio_end_ms).toBeLessThanOrEqual(Math.max(0, heardMs));
        expect(event.audio_end_ms).toBeLessThan(receivedMs);
      },
    ),
  );
});

test('[ADAPT-5] audio is the same however its bytes are parted, and what is no base64 is refused by name', () => {
  fc.assert(
    fc.property(
      fc.int16Array({ maxLength: 200 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
      (samples, sizes) => {
        const bytes = Array.from(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
        const pieces = new AudioPieces();
        const read: number[] = [];
        for (let at = 0, n = 0; at < bytes.length; n += 1) {
          const size = sizes[n % sizes.length]!;
          read.push(...pieces.decode(btoa(String.fromCharCode(...bytes.slice(at, at + size))), { sampleRate: 24_000 }));
          at += size;
        }
        expect(read).toEqual([...samples]);
      },
    ),
  );
  expect([...new AudioPieces().decode('/wA=', { sampleRate: 8000, encoding: 'mulaw' })]).toEqual([255, 0]);
  expect(() => new AudioPieces().decode('%', { sampleRate: 24_000 })).toThrowError(
    expect.objectContaining({ code: 'invalid_argument', field: 'delta' }),
  );
});
