import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import type { InterruptionEvent, SegmentFormat, StoredSession, Turn, UtteranceResult } from 'turntape';
import { makeSpeech } from '../fixtures/make-speech.mjs';

/** How the bot's replies reach the recorder: written as PCM, or attached as a stream that something else plays. */
export type BotSource = 'written' | 'attached';

/** What the page saw of a conversation. */
export interface Conversation {
  sessionId: string;
  /** Event names and turn ids in the order in which they came. */
  events: { type: string; turnId: string | undefined }[];
  vadMessages: unknown[];
  interruptions: InterruptionEvent[];
  /** Those that ended, in order. */
  turns: Turn[];
  utterances: (UtteranceResult & { turnId: string; utteranceId: string })[];
  /** Everything on the device at the end, and what waits in the outbox. */
  stored: StoredSession;
  pending: number;
  errors: string[];
}

export interface ConverseOptions {
  format: SegmentFormat;
  bot: BotSource;
  /** Of the reference server; its `/v1` is on the page's origin. */
  token: string;
}

/**
 * Has the conversation of the speech fixtures: three user turns, three replies, the second one cut by the third user
 * turn. Transcripts come two seconds after their turn has ended. Settles when the backend has acknowledged everything.
 */
export async function converse(page: Page, { format, bot, token }: ConverseOptions): Promise<Conversation> {
  const { replies } = await makeSpeech();
  const files = await Promise.all(replies.map(async (reply) => (await readFile(reply.file)).toString('base64')));
  return page.evaluate(haveConversation, { format, bot, token, files, texts: replies.map((reply) => reply.text) });
}

interface Script extends ConverseOptions {
  files: string[];
  texts: string[];
}

/** Runs in the page: it can use nothing from outside of itself. */
async function haveConversation({ format, bot, token, files, texts }: Script): Promise<Conversation> {
  const TRANSCRIPT_DELAY_MS = 2000;
  const RATE = 24_000;
  const { createRecorder, httpTarget } = window.turntape;
  const target = httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) });
  const recorder = await createRecorder({ target, format, consent: 'required' });
  await recorder.grantConsent({ subject: 'the speaker', textVersion: '1' });
  const session = await recorder.startSession({ metadata: { script: 'three turns' } });

  const seen: Conversation['events'] = [];
  const vadMessages: unknown[] = [];
  const interruptions: InterruptionEvent[] = [];
  const turns: Turn[] = [];
  const errors: string[] = [];
  const transcripts: Promise<unknown>[] = [];
  const utterances: Promise<Conversation['utterances'][number]>[] = [];
  const { promise: allHeard, resolve: heardAll } = Promise.withResolvers<void>();
  const ended = { user: 0, bot: 0 };

  const pcm = files.map((file) => new Int16Array(Uint8Array.from(atob(file), (char) => char.charCodeAt(0)).buffer));
  const player = new AudioContext();
  const loudspeaker = player.createMediaStreamDestination();
  let playing: AudioBufferSourceNode | undefined;
  if (bot === 'attached') await session.bot.attach(loudspeaker.stream, { onCut: () => playing?.stop() });

  const reply = (index: number): void => {
    const samples = pcm[index];
    if (!samples) return;
    if (bot === 'attached') {
      const buffer = player.createBuffer(1, samples.length, RATE);
      buffer.copyToChannel(
        Float32Array.from(samples, (sample) => sample / 32_768),
        0,
      );
      playing = new AudioBufferSourceNode(player, { buffer });
      playing.connect(loudspeaker);
      playing.start();
      return;
    }
    const utterance = session.bot.begin();
    const { turnId, utteranceId } = utterance;
    // In pieces, as a speech service sends it.
    for (let at = 0; at < samples.length; at += 2400)
      utterance.write(samples.subarray(at, at + 2400), { sampleRate: RATE });
    utterance.end();
    utterances.push(utterance.done.then((result) => ({ ...result, turnId, utteranceId })));
  };

  for (const type of ['turn-start', 'turn-end'] as const)
    session.on(type, ({ turn }) => seen.push({ type: `${turn.speaker} ${type}`, turnId: turn.turnId }));
  session.on('client_vad_start', ({ message }) => vadMessages.push(message));
  session.on('client_vad_stop', ({ message, misfire }) => !misfire && vadMessages.push(message));
  session.on('segment-kept', ({ segment }) => seen.push({ type: 'segment-kept', turnId: segment.turnId }));
  session.on('interruption', (event) => interruptions.push(event));
  session.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
  recorder.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
  session.on('turn-end', ({ turn }) => {
    turns.push(turn);
    const index = ended[turn.speaker];
    ended[turn.speaker] += 1;
    const role = turn.speaker === 'user' ? 'user' : 'assistant';
    const text = role === 'user' ? `user turn ${index + 1}` : (texts[index] ?? '');
    const late = new Promise((resolve) => setTimeout(resolve, TRANSCRIPT_DELAY_MS));
    transcripts.push(late.then(() => session.transcripts.attach({ turnId: turn.turnId, role, text })));
    if (turn.speaker === 'user') reply(index);
    if (ended.user === 3 && ended.bot === 3) heardAll();
  });

  await allHeard;
  await Promise.all(transcripts);
  await session.stop();
  await session.whenDelivered();
  const stored = (await recorder.sessions()).find(({ session: { sessionId } }) => sessionId === session.sessionId);
  if (!stored) throw new Error('The session is not on the device.');
  const conversation = {
    sessionId: session.sessionId,
    events: seen,
    vadMessages,
    interruptions,
    turns,
    utterances: await Promise.all(utterances),
    stored,
    pending: await recorder.outbox.pending(),
    errors,
  };
  await recorder.dispose();
  await player.close();
  return conversation;
}
