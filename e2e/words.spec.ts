import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Transcript } from 'turntape';
import { openOneTurn } from './support/open-one-turn.ts';
import { decodeAudio } from './support/read-audio.ts';
import { readRows } from './support/read-rows.ts';
import { startServer } from './support/start-server.ts';

/** A word sounds for 200 ms of every 300: what stands in the bot's file can be counted. */
const WORD = { everyMs: 300, soundsMs: 200 };

/** How many words begin in these samples: sound behind at least 50 ms without any. */
function wordsIn({ samples, sampleRate }: { samples: Int16Array; sampleRate: number }): number {
  let words = 0;
  let silent = sampleRate;
  for (const sample of samples) {
    if (Math.abs(sample) < 600) silent += 1;
    else {
      if (silent > sampleRate * 0.05) words += 1;
      silent = 0;
    }
  }
  return words;
}

test('[U-10] [WORD-12] the user cuts in: what was generated and what was heard are both kept, and the heard text ends at the word that was cut', async () => {
  await using server = await startServer();
  const { browser, site, page, troubles } = await openOneTurn({ server: server.url });
  const told = await page.evaluate(
    async ({ token, everyMs, soundsMs }) => {
      const { createRecorder, httpTarget, heardWords } = window.turntape;
      const recorder = await createRecorder({
        consent: 'granted',
        format: 'wav',
        sampleRate: 'native',
        bargeIn: { mode: 'cut' },
        target: httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) }),
      });
      const errors: string[] = [];
      const transcripts: Transcript[] = [];
      const session = await recorder.startSession();
      session.on('error', ({ error }) => errors.push(error.code));
      recorder.on('error', ({ error }) => errors.push(error.code));
      session.on('transcript', ({ transcript }) => transcripts.push(transcript));
      const cut = new Promise<number>((resolve) => session.on('interruption', ({ heardMs }) => resolve(heardMs)));

      /** What a voice service gives: text, audio, and when each word sounds in it. */
      const speech = (prefix: string, count: number) => {
        const pcm = new Int16Array((count * everyMs * 24_000) / 1000);
        const words = Array.from({ length: count }, (_, index) => {
          const startMs = index * everyMs;
          for (let at = startMs * 24; at < (startMs + soundsMs) * 24; at++) pcm[at] = 9000 * Math.sin(at * 0.2);
          return { text: `${prefix}${index}`, startMs, endMs: startMs + soundsMs };
        });
        return { pcm, words, text: `${words.map(({ text }) => text).join(' ')}.` };
      };
      const say = (turnId: string, { pcm }: { pcm: Int16Array }) => {
        const utterance = session.bot.begin({ turnId });
        utterance.write(pcm, { sampleRate: 24_000 });
        utterance.end();
        return utterance;
      };
      // A turn of two utterances, the second one far longer than the person is silent; behind it a turn that is never begun.
      const [turnId, never] = [crypto.randomUUID(), crypto.randomUUID()];
      const [hello, long, queued] = [speech('a', 2), speech('b', 60), speech('c', 5)];
      say(turnId, hello);
      const second = say(turnId, long);
      say(never, queued);
      const role = 'assistant' as const;
      const { utteranceId } = second;
      await session.transcripts.attach({ turnId, role, transcriptId: 'early', ...long, utteranceId });
      await session.transcripts.attach({ turnId: never, role, transcriptId: 'never', text: queued.text });
      await session.transcripts.attach({ turnId, role, transcriptId: 'plain', text: long.text });

      const heardMs = await cut;
      // Late, with times that count from the turn's start.
      const offsetMs = 2 * everyMs;
      const later = long.words.map(({ text, startMs, endMs }) => {
        return { text, startMs: startMs + offsetMs, endMs: endMs + offsetMs };
      });
      const text = `${hello.text} ${long.text}`;
      const whole = { turnId, role, text, words: [...hello.words, ...later] };
      await session.transcripts.attach({ ...whole, transcriptId: 'late' });
      const helper = { turn: heardWords(whole, heardMs), utterance: heardWords(long, (await second.done).heardMs) };
      await session.stop();
      await session.whenDelivered();
      const stored = await recorder.readSession(session.sessionId);
      await recorder.dispose();
      return { sessionId: session.sessionId, turnId, transcripts, errors, helper, heardMs, stored, long: long.text };
    },
    { token: server.token, ...WORD },
  );
  const list = await page.request.get(`${server.url}/v1/sessions/${told.sessionId}`, {
    headers: { authorization: `Bearer ${server.token}` },
  });
  const { turns } = (await list.json()) as { turns: { transcript_id: string }[] };
  await browser.close();
  await site.close();
  await server.stop();
  expect([told.errors, troubles]).toEqual([[], []]);

  const newest = (id: string) => told.transcripts.findLast(({ transcriptId }) => transcriptId === id);
  // The word in which the ear's last millisecond lies, by arithmetic: the first utterance is two words long.
  const inUtteranceMs = told.heardMs - 2 * WORD.everyMs;
  const last = Math.floor(inUtteranceMs / WORD.everyMs);
  const heard = Array.from({ length: last + 1 }, (_, index) => `b${index}`).join(' ');
  const cutWord = inUtteranceMs % WORD.everyMs < WORD.soundsMs ? last : null;
  expect(newest('early')).toMatchObject({ text: told.long, heardText: heard, cutWord, interrupted: true, revision: 2 });
  expect(newest('early')?.heardMs).toBeCloseTo(inUtteranceMs, 6);
  expect(newest('late')).toMatchObject({ heardText: `a0 a1. ${heard}` });
  expect(newest('late')?.heardMs).toBeCloseTo(told.heardMs, 6);
  // The app can say it itself, from the event and from `done`, before anything is kept.
  expect(told.helper).toMatchObject({ turn: { heardText: `a0 a1. ${heard}` }, utterance: { heardText: heard } });
  expect(newest('plain')).toMatchObject({ text: told.long, heardText: null, cutWord: null, interrupted: true });
  expect(newest('never')).toMatchObject({ heardText: '', heardMs: 0, interrupted: true, revision: 2 });

  // The device and the backend say the same of each.
  for (const { transcriptId, text, heardText, interrupted } of told.stored?.transcripts ?? []) {
    expect(newest(transcriptId)).toMatchObject({ text, heardText, interrupted });
    const line = turns.find(({ transcript_id: id }) => id === transcriptId);
    expect(line).toMatchObject({ text, heard_text: heardText, transcript_interrupted: interrupted });
  }
  expect(told.stored?.transcripts).toHaveLength(4);

  // The bot's file is the witness: it goes on for as long as what was on its way to the ear, which is less than a word.
  const [bot] = await readRows<{ audio_url: string; heard_ms: number }>(
    server.dataFolder,
    'select audio_url, heard_ms from session_audio_segments where turn_id = $1',
    [told.turnId],
  );
  expect(bot?.heard_ms).toBeCloseTo(told.heardMs, 3);
  const sounded = wordsIn(await decodeAudio(join(server.dataFolder, bot?.audio_url ?? ''))) - 2;
  expect([sounded, sounded - 1]).toContain(last + 1);
});
