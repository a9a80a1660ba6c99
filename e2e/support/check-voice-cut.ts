import { expect } from '@playwright/test';
import { encodeRuler } from '../fixtures/ruler.mjs';
import { withoutMachineGaps } from './machine-gaps.ts';
import { stoodStillMs, withoutStandstills } from './standstills.ts';
import type { VoiceCut } from './interrupt-by-voice.ts';

const QUANTUM = 128;
const FADE_MS = 1;

/**
 * The bot's file ends where the sound ended, it holds the ruler's own samples, and the page was in nobody's way. Of a page
 * that relays every port (`relayed`) nothing is asked of when.
 */
export function checkVoiceCut(
  cut: VoiceCut,
  { blocked, relayed = false }: { blocked: boolean; relayed?: boolean },
): void {
  const { segments, interruption, sampleRate } = cut;
  expect(cut.errors).toEqual([]);
  expect(withoutMachineGaps(cut.gaps, cut.skippedMs)).toEqual([]);
  expect(segments.map((segment) => segment.speaker).toSorted()).toEqual(['bot', 'user']);
  const bot = segments.find((segment) => segment.speaker === 'bot');
  const user = segments.find((segment) => segment.speaker === 'user');
  expect(bot).toMatchObject({ interrupted: true, interruptionCause: 'client_vad', endReason: 'interrupted' });
  expect(user).toMatchObject({ interrupted: false, endReason: 'speech_end', overlapsTurnId: bot?.turnId });
  // Of the capture clock, which did not go on where the machine stood still.
  const stillFrames = Math.round((stoodStillMs(bot?.gaps ?? []) * sampleRate) / 1000);
  expect(interruption).toMatchObject({ turnId: bot?.turnId, cutFrame: (bot?.endFrame ?? NaN) - stillFrames });

  const bytes = Buffer.from(cut.audio, 'base64');
  const kept = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const audio = withoutStandstills(kept, bot?.gaps ?? [], sampleRate);
  expect(audio.length).toBe(Math.round(((bot?.renderedMs ?? 0) * sampleRate) / 1000));
  const ruler = encodeRuler({ from: 0, count: 900, sampleRate });
  const whole = audio.length - Math.floor((FADE_MS / 1000) * sampleRate);
  expect(audio.findIndex((sample, at) => at < whole && Math.abs(sample - (ruler[at] ?? 0)) > 1)).toBe(-1);
  expect(audio.length - audio.findLastIndex((sample) => sample !== 0)).toBeLessThanOrEqual(QUANTUM);

  // On the audio clock: a page in the way would have added up to two seconds to this.
  const cutAfterMs = ((interruption.cutFrame - cut.decisionFrame) / sampleRate) * 1000;
  expect(cutAfterMs).toBeGreaterThan(0);
  if (!relayed) expect(cutAfterMs).toBeLessThan(500);

  expect(cut.messages.map(({ message }) => message.type)).toEqual(['client_vad_start', 'client_vad_stop']);
  const [start] = cut.messages;
  if (blocked && !relayed) {
    expect(cut.blocks.length).toBeGreaterThan(0);
    const atMs = start?.atMs ?? 0;
    const told = `told at ${atMs}, page stood still ${cut.blocks.map(({ fromMs, toMs }) => `${fromMs}…${toMs}`).join(' ')}`;
    expect(
      cut.blocks.some(({ fromMs, toMs }) => fromMs < atMs && atMs < toMs),
      told,
    ).toBe(true);
  }
}
