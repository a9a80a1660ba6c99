import { TurntapeError } from 'turntape';
import { afterEach, expect, test } from 'vitest';
import { page } from 'vitest/browser';
import './define.ts';
import { inside, mountRunning, rows, text } from './testing/mount.ts';
import { toneWav } from './testing/tone.ts';

afterEach(() => {
  document.body.replaceChildren();
});

test('[FACE-1] a conversation is listed turn by turn, with speaker, length, interruption and what was heard', async () => {
  const { element, session } = await mountRunning();
  const question = session.startTurn('t1', 'user', 500);
  session.endTurn(question, 2900);
  session.keep(question, 's1');
  const answer = session.startTurn('t2', 'bot', 3800);
  session.cut(answer, 1200, 4300);
  session.keep(answer, 's2', { heardMs: 1200, generatedMs: 4300, responseLatencyMs: 900, interrupted: true });
  await element.updateComplete;

  const [first, second] = rows(element);
  expect(text(first)).toBe('You 2.4 s 0:00 Kept');
  expect(text(second)).toBe('Bot Interrupted 1.2 s 0:03 after 0.9 s heard 1.2 of 4.3 s Kept');
  expect(first?.dataset['speaker']).toBe('user');
  expect(second?.hasAttribute('data-interrupted')).toBe(true);
  expect(inside(element, '[part~="tape-unheard"]')).toHaveLength(1);
});

test('[FACE-1] an open turn grows with the session clock', async () => {
  const { element, session } = await mountRunning();
  session.startTurn('t1', 'user', 1000);
  session.emit('level', { speaker: 'user', rmsDb: -20, peakDb: -10, atMs: 2600 });
  await element.updateComplete;
  expect(text(rows(element)[0])).toBe('You 1.6 s 0:01 Recording');
});

test('[FACE-3] a turn goes from recording over kept and sent to delivered, and a refusal is shown', async () => {
  const { element, session } = await mountRunning();
  const state = async (): Promise<string | undefined> => {
    await element.updateComplete;
    return rows(element)[0]?.dataset['delivery'];
  };
  const turn = session.startTurn('t1', 'user', 0);
  expect(await state()).toBe('recording');
  session.endTurn(turn, 1000);
  expect(await state()).toBe('keeping');
  session.keep(turn, 's1');
  expect(await state()).toBe('kept');
  session.emit('segment-sent', { segmentId: 's1' });
  expect(await state()).toBe('sent');
  session.emit('segment-rejected', { segmentId: 's1', error: new TurntapeError('rejected', 'no') });
  expect(await state()).toBe('rejected');
  expect(inside(element, '[part~="standing-rejected"]')).toHaveLength(1);
  session.emit('segment-acknowledged', { segmentId: 's1', audioUrl: undefined });
  expect(await state()).toBe('acknowledged');
  expect(text(inside(element, '[part~="delivered"]')[0])).toBe('Delivered');
});

test('[FACE-8] a turn plays to its end from its kept file, and one whose file is gone says so', async () => {
  const { element, recorder, session } = await mountRunning();
  const turn = session.startTurn('t1', 'user', 0);
  session.endTurn(turn, 300);
  session.keep(turn, 's1');
  await element.updateComplete;
  await page.getByRole('button', { name: /^Play turn 1/ }).click();
  await expect.element(page.getByText('This turn’s audio is no longer on this device.')).toBeVisible();

  recorder.files.set('s1', toneWav(700));
  await page.getByRole('button', { name: /^Play turn 1/ }).click();
  await expect.element(page.getByRole('button', { name: /^Stop playing turn 1/ })).toBeVisible();
  await expect.element(page.getByRole('button', { name: /^Play turn 1/ })).toBeVisible();
  expect(text(inside(element, '[part~="hint"]')[0])).toBe('');

  recorder.files.set('s1', new ArrayBuffer(64));
  await page.getByRole('button', { name: /^Play turn 1/ }).click();
  await expect.element(page.getByText('This browser cannot play this turn.')).toBeVisible();
});

/** 72 ms of silence for each frame: MPEG 2.5, layer III, 8 kHz, 8 kbit/s, mono, whose frames have 72 bytes. */
function mp3Silence(frames: number): ArrayBuffer {
  const file = new Uint8Array(frames * 72);
  for (let at = 0; at < file.length; at += 72) file.set([0xff, 0xe3, 0x18, 0xc0], at);
  return file.buffer;
}

test('[MP3-14] a turn that was kept as MP3 plays to its end, too', async () => {
  const { element, recorder, session } = await mountRunning();
  const turn = session.startTurn('t1', 'user', 0);
  session.endTurn(turn, 720);
  session.keep(turn, 's1');
  await element.updateComplete;
  recorder.files.set('s1', mp3Silence(10));
  await page.getByRole('button', { name: /^Play turn 1/ }).click();
  await expect.element(page.getByRole('button', { name: /^Stop playing turn 1/ })).toBeVisible();
  await expect.element(page.getByRole('button', { name: /^Play turn 1/ })).toBeVisible();
  expect(text(inside(element, '[part~="hint"]')[0])).toBe('');
});
