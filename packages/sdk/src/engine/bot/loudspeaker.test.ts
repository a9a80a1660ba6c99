import { expect, test } from 'vitest';
import type { LoudspeakerCommand } from '../../core/messages/loudspeaker.ts';
import { SessionClock } from '../capture/session-clock.ts';
import { MarkLedger } from '../turns/mark-ledger.ts';
import { Loudspeaker } from './loudspeaker.ts';

const RATE = 1000;

/** A loudspeaker whose worklets are the test; one frame is a millisecond. */
function standing() {
  const marks = new MarkLedger();
  const facts: unknown[] = [];
  const told: (LoudspeakerCommand & { mouth: string })[] = [];
  const track = { end: 0 };
  const loudspeaker = new Loudspeaker({
    sessionId: 's',
    capture: { clock: new SessionClock(RATE), marks, endOf: () => track.end },
    onMark: () => undefined,
    onDisturbed: () => undefined,
    report: (fact) => facts.push(fact),
  });
  const connect = (mouth: 'player' | 'stream'): void =>
    loudspeaker.connected(mouth, (command) => told.push({ ...command, mouth }));
  connect('player');
  /** Asked, and answered by whoever is in charge. */
  const deafen = async (mouth: 'player' | 'stream', deafened: boolean, at: number): Promise<void> => {
    const asked = loudspeaker.deafen(deafened);
    await Promise.resolve();
    const command = told.findLast((each) => each.type === 'deafen' && each.mouth === mouth);
    if (command?.type === 'deafen')
      loudspeaker.answered(mouth, { type: 'deafened', deafenId: command.deafenId, frame: at }, at);
    await asked;
  };
  return { loudspeaker, marks, facts, told, track, connect, deafen };
}

test('[DEAF-3] what was heard first lies behind every silence that it began in, and only what sounded was on its way', async () => {
  const { loudspeaker, deafen } = standing();
  await deafen('player', true, 100);
  await deafen('player', false, 200);
  await deafen('player', true, 200);
  await deafen('player', false, 300);
  expect([50, 100, 299, 300].map((from) => loudspeaker.firstHeard(from, 1000))).toEqual([50, 300, 300, 300]);
  expect(loudspeaker.firstHeard(150, 300)).toBeUndefined();
  expect([90, 190, 310, 320, 400].map((at) => loudspeaker.onItsWayMs(at, 20))).toEqual([20, 0, 10, 20, 20]);
  expect(loudspeaker.putOut(50, 250)).toEqual({ renderedMs: 200, deafenedMs: 150 });
  await deafen('player', true, 500);
  expect(loudspeaker.firstHeard(500, Infinity)).toBeUndefined();
});

test('[DEAF-4] whatever begins to sound is told what holds, and the one that sounds says from where', async () => {
  const { loudspeaker, marks, facts, told, connect, deafen } = standing();
  loudspeaker.setVolume(0.5);
  loudspeaker.answered('player', { type: 'volume', volume: 0.5, frame: 10 }, 10);
  await deafen('player', true, 20);
  told.length = 0;
  connect('stream');
  expect(told.filter(({ mouth }) => mouth === 'stream')).toEqual([
    { type: 'deafen', deafenId: 0, deafened: true, mouth: 'stream' },
    { type: 'volume', volume: 0.5, mouth: 'stream' },
  ]);
  // What it answers to that is no news.
  loudspeaker.answered('stream', { type: 'deafened', deafenId: 0, frame: 40 }, 40);
  loudspeaker.answered('stream', { type: 'volume', volume: 0.5, frame: 40 }, 40);
  // Our player is silent beside it, whatever it says.
  loudspeaker.answered('player', { type: 'volume', volume: 0.7, frame: 45 }, 45);
  await deafen('stream', false, 60);
  expect(marks.all).toEqual([{ speaker: 'bot', kind: 'deafened', from: 20, to: 60 }]);
  expect(facts.map((fact) => (fact as { type: string }).type)).toEqual(['volume', 'deafen', 'deafen']);
});

test('[DEAF-5] while somebody else plays the bot nothing is marked; what plays behind it is as deaf as before', async () => {
  const { loudspeaker, marks, track, connect, deafen } = standing();
  await deafen('player', true, 20);
  track.end = 100;
  loudspeaker.giveAway();
  // A context was rebuilt under it.
  loudspeaker.giveAway();
  track.end = 300;
  expect(loudspeaker.volumesIn(150, 250)).toBeUndefined();
  loudspeaker.streamGone();
  expect(marks.all).toEqual([
    { speaker: 'bot', kind: 'deafened', from: 20, to: 100 },
    { speaker: 'bot', kind: 'deafened', from: 300, to: Infinity },
  ]);
  expect(loudspeaker.volumesIn(300, 350)).toEqual([{ fromMs: 0, volume: 1 }]);
  // One that is ours takes its place.
  track.end = 400;
  loudspeaker.giveAway();
  track.end = 500;
  connect('stream');
  await deafen('stream', false, 600);
  expect(marks.all.slice(1)).toEqual([
    { speaker: 'bot', kind: 'deafened', from: 300, to: 400 },
    { speaker: 'bot', kind: 'deafened', from: 500, to: 600 },
  ]);
});

test('[VOL-4] what came out of the loudspeaker is what the track holds, as loud as it was there', () => {
  const { loudspeaker } = standing();
  const samples = new Float32Array(6).fill(1);
  expect(loudspeaker.asPutOut(0, samples)).toBe(samples);
  loudspeaker.answered('player', { type: 'volume', volume: 0.5, frame: 12 }, 12);
  loudspeaker.answered('player', { type: 'volume', volume: 1, frame: 14 }, 14);
  loudspeaker.answered('player', { type: 'volume', volume: 0, frame: 15 }, 15);
  expect([...loudspeaker.asPutOut(10, samples)]).toEqual([1, 1, 0.5, 0.5, 1, 0]);
  expect(loudspeaker.asPutOut(0, samples)).toBe(samples);
  expect([...samples]).toEqual([1, 1, 1, 1, 1, 1]);
});
