import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import type { GapEvent, StoredSegment } from 'turntape';
import { makeSpeech } from '../fixtures/make-speech.mjs';
import { runLong } from './run-long.ts';
import { skippedMs, watchWall } from './wall-witness.ts';

/** What one user turn and one reply left behind. */
export interface Exchange {
  /** What the witness was not asked for either: see `machine-gaps.ts`. */
  skippedMs: number;
  sessionId: string;
  segments: readonly StoredSegment[];
  errors: string[];
  gaps: GapEvent[];
  pending: number;
  audioLink: 'shared' | 'port';
}

/** The user of the microphone's file says one turn, the bot replies, and all of it is delivered to the reference server. */
export async function exchangeTurns(page: Page, { token }: { token: string }): Promise<Exchange> {
  const { replies } = await makeSpeech();
  const reply = (await readFile(replies[2]?.file ?? '')).toString('base64');
  await watchWall(page);
  const result = await runLong(
    page,
    async ({ reply, token }) => {
      const { createRecorder, httpTarget } = window.turntape;
      const target = httpTarget('/v1', { headers: () => ({ authorization: `Bearer ${token}` }) });
      const recorder = await createRecorder({ target, consent: 'granted' });
      const session = await recorder.startSession();
      const errors: string[] = [];
      const gaps: GapEvent[] = [];
      session.on('error', ({ error }) => errors.push(`${error.code}: ${error.message}`));
      session.on('gap', (event) => gaps.push(event));
      const turn = (speaker: 'user' | 'bot'): Promise<unknown> =>
        new Promise((resolve) =>
          session.on('turn-end', ({ turn: ended }) => ended.speaker === speaker && resolve(ended)),
        );
      const botEnded = turn('bot');
      await turn('user');
      const samples = new Int16Array(Uint8Array.from(atob(reply), (char) => char.charCodeAt(0)).buffer);
      session.bot.write(samples, { sampleRate: 24_000 });
      session.bot.end();
      await botEnded;
      const { audioLink } = await session.stats();
      await session.stop();
      await session.whenDelivered();
      const pending = await recorder.outbox.pending();
      const stored = (await recorder.sessions()).find((each) => each.session.sessionId === session.sessionId);
      await recorder.dispose();
      const segments = stored?.segments ?? [];
      return { errors, gaps, pending, audioLink, sessionId: session.sessionId, segments };
    },
    { reply, token },
  );
  return { ...result, skippedMs: await skippedMs(page) };
}
