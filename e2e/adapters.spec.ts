import { expect, test } from '@playwright/test';
import type { Segment, Transcript } from 'turntape';
import type { recordOpenAIRealtime as RecordOpenAIRealtime } from 'turntape/adapters/openai-realtime';
import type { FakeRealtimeModule } from './support/fake-realtime.ts';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** Each adapter against a fake of its stack, in a real browser: who spoke when, under whose ids, with which words, and what was heard of a cut. */

/** The newest revision of each item's words. */
function newest(transcripts: readonly Transcript[]): Map<string | null, Transcript> {
  return new Map(
    transcripts.toSorted((one, other) => one.revision - other.revision).map((each) => [each.externalId, each]),
  );
}

const truncate = (item_id: string, audio_end_ms: number) => ({
  type: 'conversation.item.truncate',
  item_id,
  content_index: 0,
  audio_end_ms,
});

/** By where speech begins: the file of a user begins before that. */
const inOrder = (segments: readonly Segment[]) =>
  segments.toSorted((one, other) => one.startedAt + one.speechOnsetMs - other.startedAt - other.speechOnsetMs);

test('[ADAPT-1] [ADAPT-2] [U-13] a Realtime conversation by WebSocket: turns in order with their ids and words, and the server is told what was heard of a cut', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async () => {
    const [fake, adapter] = ['/fake-realtime.js', '/sdk/adapter.openai-realtime.js'].map(
      (path) => new URL(path, location.href).href,
    );
    const { openSocket, tonePieces, told, heard } = (await import(fake ?? '')) as FakeRealtimeModule;
    const { recordOpenAIRealtime } = (await import(adapter ?? '')) as {
      recordOpenAIRealtime: typeof RecordOpenAIRealtime;
    };
    const { createRecorder } = window.turntape;
    const room = new AudioContext();
    const microphone = room.createMediaStreamDestination();
    const recorder = await createRecorder({
      consent: 'granted',
      format: 'wav',
      vad: false,
      microphone: microphone.stream,
    });
    const session = await recorder.startSession();
    const [segments, transcripts, errors]: [Segment[], Transcript[], string[]] = [[], [], []];
    session.on('segment-kept', ({ segment }) => segments.push(segment));
    session.on('transcript', ({ transcript }) => transcripts.push(transcript));
    session.on('error', ({ error }) => errors.push(error.message));
    const socket = openSocket();
    const recording = await recordOpenAIRealtime(
      session,
      { socket },
      { onError: (error) => errors.push(`${error.code} ${error.message}`) },
    );

    const userSays = async (itemId: string, transcript: string): Promise<void> => {
      const began = told(session, 'turn-start', ({ turn }) => turn.speaker === 'user');
      socket.says('input_audio_buffer.speech_started', { item_id: itemId, audio_start_ms: 1 });
      await began;
      // Somebody who speaks, for as long as it takes to be measured twice.
      await told(session, 'level', ({ speaker }) => speaker === 'user');
      await told(session, 'level', ({ speaker }) => speaker === 'user');
      const ended = told(session, 'turn-end', ({ turn }) => turn.speaker === 'user');
      socket.says('input_audio_buffer.speech_stopped', { item_id: itemId, audio_end_ms: 2 });
      socket.says('input_audio_buffer.committed', { item_id: itemId });
      socket.says('conversation.item.input_audio_transcription.completed', {
        item_id: itemId,
        content_index: 0,
        transcript,
      });
      await ended;
    };
    const botSays = (
      response_id: string,
      item_id: string,
      { ms, text, names = 'output_audio' }: { ms: number; text: string; names?: string },
    ): void => {
      const ids = { response_id, item_id, output_index: 0, content_index: 0 };
      for (const delta of tonePieces(ms)) socket.says(`response.${names}.delta`, { ...ids, delta });
      socket.says(`response.${names}.done`, ids);
      socket.says(`response.${names}_transcript.delta`, { ...ids, delta: text });
      socket.says(`response.${names}_transcript.done`, { ...ids, transcript: text });
    };

    socket.says('session.created', {
      session: {
        audio: {
          input: { turn_detection: { type: 'server_vad' } },
          output: { format: { type: 'audio/pcm', rate: 24_000 } },
        },
      },
    });
    await userSays('item-u1', 'hello there');
    const answered = told(session, 'turn-end', ({ turn }) => turn.speaker === 'bot');
    socket.says('response.created', { response: { id: 'r1' } });
    botSays('r1', 'item-a1', { ms: 300, text: 'good morning' });
    socket.says('response.done', { response: { id: 'r1', status: 'completed' } });
    await answered;

    // By the names of the first version; two items wait, and the server hears the user in the first.
    socket.says('response.created', { response: { id: 'r2' } });
    botSays('r2', 'item-a2', { ms: 4000, text: 'a long story', names: 'audio' });
    botSays('r2', 'item-a3', { ms: 500, text: 'and another one', names: 'audio' });
    await heard(session, 'bot');
    const cutByServer = told(session, 'interruption');
    const said = userSays('item-u2', 'stop it');
    const first = await cutByServer;
    socket.says('response.done', { response: { id: 'r2', status: 'cancelled' } });
    await said;
    const afterServer = socket.sent.splice(0);

    // By the app: the server must be told to stop, and what it has yet sent is nobody's to hear.
    socket.says('response.created', { response: { id: 'r3' } });
    botSays('r3', 'item-a4', { ms: 3000, text: 'where was I' });
    await heard(session, 'bot');
    const cutByHand = told(session, 'interruption');
    await session.bot.interrupt();
    const second = await cutByHand;
    botSays('r3', 'item-a5', { ms: 300, text: 'never mind' });
    socket.says('response.done', { response: { id: 'r3', status: 'cancelled' } });
    // A refusal of what it was told is a failure of ours to tell; any other is the app's.
    socket.says('error', { error: { event_id: socket.lastTruncation, code: 'invalid_value' } });
    socket.says('error', { error: { event_id: 'of the app', code: 'invalid_value' } });

    await recording.dispose();
    await session.stop();
    const { listeners } = socket;
    const levels: number[] = [];
    for (const { segmentId, speaker, byteSize } of segments) {
      const file = byteSize > 0 ? await recorder.readAudio(segmentId) : undefined;
      if (speaker === 'bot' && file) levels.push(Math.max(...new Int16Array(file, 44)));
    }
    await recorder.dispose();
    await room.close();
    return { segments, transcripts, errors, first, second, afterServer, afterHand: socket.sent, listeners, levels };
  });
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(result.errors).toEqual([
    'rejected the voice backend did not shorten what it said to what was heard (invalid_value)',
  ]);
  expect(result.listeners).toBe(0);

  const heardTurns = inOrder(result.segments).filter(({ byteSize }) => byteSize > 0);
  expect(heardTurns.map(({ speaker, externalId, interrupted }) => [speaker, externalId, interrupted])).toEqual([
    ['user', 'item-u1', false],
    ['bot', 'item-a1', false],
    ['bot', 'item-a2', true],
    ['user', 'item-u2', false],
    ['bot', 'item-a4', true],
  ]);
  expect(heardTurns[1]?.durationMs).toBeCloseTo(300, 0);
  // It sounded: the tone's peak is 12000.
  for (const peak of result.levels) expect(peak).toBeGreaterThan(11_000);

  const words = newest(result.transcripts);
  const turnOf = (itemId: string) => heardTurns.find(({ externalId }) => externalId === itemId)?.turnId;
  for (const [itemId, role, text, interrupted] of [
    ['item-u1', 'user', 'hello there', false],
    ['item-a1', 'assistant', 'good morning', false],
    ['item-a2', 'assistant', 'a long story', true],
    ['item-u2', 'user', 'stop it', false],
    ['item-a4', 'assistant', 'where was I', true],
  ] as const)
    expect(words.get(itemId)).toMatchObject({ role, text, interrupted, turnId: turnOf(itemId) });
  // Of the same response, and so of the same turn; and one that came behind the cut has no turn.
  expect(words.get('item-a3')).toMatchObject({ text: 'and another one', interrupted: true, turnId: turnOf('item-a2') });
  expect(words.get('item-a5')).toMatchObject({ text: 'never mind', turnId: null });

  // [U-9] Whole milliseconds of what was heard of that very item; 0 of the one that waited.
  const utterances = result.segments.flatMap(({ capture }) => capture.utterances ?? []);
  const heardMs = (itemId: string) => utterances.find(({ utteranceId }) => utteranceId === itemId)?.heardMs ?? -1;
  expect(result.first.cause).toBe('server');
  expect(result.afterServer).toEqual([truncate('item-a2', Math.floor(heardMs('item-a2'))), truncate('item-a3', 0)]);
  expect(result.second.cause).toBe('manual');
  expect(result.afterHand.toSorted((one, other) => one.type.localeCompare(other.type))).toEqual([
    truncate('item-a4', Math.floor(heardMs('item-a4'))),
    { type: 'response.cancel', response_id: 'r3' },
  ]);
  for (const { audio_end_ms } of [...result.afterServer, ...result.afterHand].filter(({ type }) =>
    type.endsWith('truncate'),
  ))
    expect(audio_end_ms).toBeLessThan(4000);
});

test('[ADAPT-1] [ADAPT-3] [U-13] a Realtime conversation by WebRTC: each response is a turn of the track, with its words, and cut on both sides', async () => {
  const site = await openSite();
  const browser = await launchBrowser({ microphone: 'absent' });
  const { page, troubles } = await openRecorderPage(browser, site);
  const result = await page.evaluate(async () => {
    const [fake, adapter] = ['/fake-realtime.js', '/sdk/adapter.openai-realtime.js'].map(
      (path) => new URL(path, location.href).href,
    );
    const { openPeer, told, heard } = (await import(fake ?? '')) as FakeRealtimeModule;
    const { recordOpenAIRealtime } = (await import(adapter ?? '')) as {
      recordOpenAIRealtime: typeof RecordOpenAIRealtime;
    };
    const { createRecorder } = window.turntape;
    const room = new AudioContext();
    const microphone = room.createMediaStreamDestination();
    const recorder = await createRecorder({
      consent: 'granted',
      format: 'wav',
      vad: false,
      microphone: microphone.stream,
    });
    const session = await recorder.startSession();
    const [segments, transcripts, errors]: [Segment[], Transcript[], string[]] = [[], [], []];
    session.on('segment-kept', ({ segment }) => segments.push(segment));
    session.on('transcript', ({ transcript }) => transcripts.push(transcript));
    session.on('error', ({ error }) => errors.push(error.message));
    const peer = await openPeer();
    // Before there is a track.
    const { peerConnection, dataChannel } = peer;
    const recording = await recordOpenAIRealtime(
      session,
      { peerConnection, dataChannel },
      { onError: (error) => errors.push(error.message) },
    );
    const server = await peer.connect();

    const begin = async (id: string, text: string): Promise<void> => {
      server.says('response.created', { response: { id } });
      server.says('response.output_item.added', { response_id: id, item: { id: `item-${id}`, type: 'message' } });
      server.says('output_audio_buffer.started', { response_id: id });
      const began = told(session, 'turn-start', ({ turn }) => turn.speaker === 'bot');
      peer.sounds(true);
      server.says('response.output_audio_transcript.done', {
        response_id: id,
        item_id: `item-${id}`,
        transcript: text,
      });
      await began;
      // Twice: what was measured first may be of before the turn.
      await heard(session, 'bot');
      await heard(session, 'bot');
    };
    const ended = () => told(session, 'turn-end', ({ turn }) => turn.speaker === 'bot');

    // One that is said to its end.
    await begin('r1', 'good morning');
    const drained = ended();
    peer.sounds(false);
    server.says('response.done', { response: { id: 'r1', status: 'completed' } });
    server.says('output_audio_buffer.stopped', { response_id: 'r1' });
    await drained;
    // One that the app cuts.
    await begin('r2', 'a long story');
    const cut = told(session, 'interruption');
    await session.bot.interrupt();
    const byHand = await cut;
    await peer.wasTold(2);
    peer.sounds(false);
    server.says('response.done', { response: { id: 'r2', status: 'cancelled' } });
    server.says('output_audio_buffer.cleared', { response_id: 'r2' });
    // What is still on its way of it is of no other.
    await told(session, 'level', ({ speaker, rmsDb }) => speaker === 'bot' && rmsDb < -60);
    // One that the server cuts by itself.
    await begin('r3', 'where was I');
    const cutAgain = told(session, 'interruption');
    const over = ended();
    peer.sounds(false);
    server.says('response.done', { response: { id: 'r3', status: 'cancelled' } });
    server.says('output_audio_buffer.cleared', { response_id: 'r3' });
    const byServer = await cutAgain;
    await over;

    await recording.dispose();
    // The bot is free for another way to play it.
    const attachment = await session.bot.attach(microphone.stream);
    await attachment.detach();
    await session.stop();
    const levels: number[] = [];
    for (const { segmentId } of segments)
      levels.push(Math.max(...new Int16Array((await recorder.readAudio(segmentId))!, 44)));
    await recorder.dispose();
    await peer.close();
    await room.close();
    return { segments, transcripts, errors, sent: peer.sent, byHand, byServer, levels };
  });
  await browser.close();
  await site.close();
  expect(troubles).toEqual([]);
  expect(result.errors).toEqual([]);
  const segments = inOrder(result.segments);
  expect(
    segments.map(({ speaker, externalId, interruptionCause }) => [speaker, externalId, interruptionCause]),
  ).toEqual([
    ['bot', 'item-r1', null],
    ['bot', 'item-r2', 'manual'],
    ['bot', 'item-r3', 'server'],
  ]);
  for (const peak of result.levels) expect(peak).toBeGreaterThan(3000);
  expect([result.byHand.cause, result.byServer.cause]).toEqual(['manual', 'server']);
  // A cut of the server's own needs no answer.
  expect(result.sent).toEqual([{ type: 'response.cancel', response_id: 'r2' }, { type: 'output_audio_buffer.clear' }]);
  const words = newest(result.transcripts);
  for (const [n, [itemId, text, interrupted]] of (
    [
      ['item-r1', 'good morning', false],
      ['item-r2', 'a long story', true],
      ['item-r3', 'where was I', true],
    ] as const
  ).entries())
    expect(words.get(itemId)).toMatchObject({ role: 'assistant', text, interrupted, turnId: segments[n]?.turnId });
});
