import { afterEach, beforeAll, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import { BLOCK_FRAMES } from '../core/messages/audio-setup.ts';
import type { TapBlock } from '../core/messages/tap-engine.ts';
import { EPOCH_BREAK_MS } from '../core/timeline.ts';
import { PlayerEar, RATE, TapEar, blockOf, compare, loaded } from '../scripted/worklet-ears.ts';

/** The worklets in a context that runs by a device's clock. */

/** Noise in which no sample is zero, so that every frame that sounds can be told from silence. */
function noise(frames: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: frames }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.fround((state / 2 ** 31) * 0.5 || 0.25);
  });
}

const open = new Set<AudioContext>();
afterEach(async () => {
  for (const context of open) await context.close();
  open.clear();
});

/** A context may start when the user has touched the page. */
beforeAll(() => userEvent.click(document.body));

async function liveContext(): Promise<AudioContext> {
  const context = await loaded(new AudioContext({ sampleRate: RATE }));
  open.add(context);
  await context.resume();
  return context;
}

test('[HEAR-1] what the player says it put out is what a tap behind it tapes, sample for sample', async () => {
  const context = await liveContext();
  const player = new PlayerEar(context);
  const tap = new TapEar(context);
  player.node.connect(tap.node).connect(context.destination);
  const given = noise(RATE / 2);
  const long = noise(RATE * 20);
  player.say('one', given.slice());
  player.say('two', long);
  const drained = await player.happened('drained');
  player.send({ type: 'gain', gain: 0.25, rampMs: 20 });
  await player.until((message) =>
    message.type === 'block' && message.startFrame > drained.frame + RATE / 4 ? message : undefined,
  );
  player.send({ type: 'cut', cutId: 1 });
  const cut = await player.happened('cut');
  for (const ear of [player, tap]) ear.send({ type: 'stop' });
  await player.until((message) => (message.type === 'stopped' ? message : undefined));
  await tap.until((message) => (message.type === 'stopped' ? message : undefined));

  const { sounding } = compare(player.tape, tap.tape);
  const [start] = player.events;
  expect(start).toMatchObject({ kind: 'started', utteranceId: 'one' });
  expect(drained).toMatchObject({ utteranceId: 'one', renderedFrames: given.length });
  // The first utterance was not ducked: it came out as it went in.
  const put = [...player.tape].filter(([frame]) => frame >= (start?.frame ?? 0) && frame < drained.frame);
  expect(put.map(([, sample]) => sample)).toEqual([...given]);
  // All that sounded is accounted for, and after the cut frame nothing does.
  const [cutUtterance] = cut.utterances;
  expect(sounding).toBe(given.length + (cutUtterance?.renderedFrames ?? 0));
  expect(cut.frame).toBe(drained.frame + (cutUtterance?.renderedFrames ?? 0));
  for (const [frame, sample] of tap.tape) if (frame >= cut.frame) expect(sample).toBe(0);
});

test('[TAP-4] stop sends what is in hand, answers with the frame after it, and is the last word', async () => {
  const context = await liveContext();
  const tap = new TapEar(context);
  tap.node.connect(context.destination);
  const witness = new TapEar(context);
  witness.node.connect(context.destination);
  await tap.until(blockOf);
  tap.send({ type: 'stop' });
  const endFrame = await tap.until((message) => (message.type === 'stopped' ? message.endFrame : undefined));
  await witness.until((message) =>
    message.type === 'block' && message.startFrame > endFrame + 4 * BLOCK_FRAMES ? message : undefined,
  );
  expect(tap.messages.at(-1)).toEqual({ type: 'stopped', endFrame });
  expect([...tap.tape.keys()].at(-1)).toBe(endFrame - 1);
});

test('[TAP-4] stop is answered in a context that is suspended', async () => {
  const context = await liveContext();
  const player = new PlayerEar(context);
  player.node.connect(context.destination);
  await player.until((message) => (message.type === 'block' ? message : undefined));
  await context.suspend();
  player.send({ type: 'stop' });
  const endFrame = await player.until((message) => (message.type === 'stopped' ? message.endFrame : undefined));
  expect([...player.tape.keys()].at(-1)).toBe(endFrame - 1);
});

test('[BLOCK-5] a context that stood still ends the block before the break, and its frames go on from where it stood', async () => {
  const context = await liveContext();
  const tap = new TapEar(context);
  tap.node.connect(context.destination);
  await tap.until(blockOf);
  await context.suspend();
  // Another context is the clock: this one stands still while that one renders.
  const other = await liveContext();
  const clock = new TapEar(other);
  clock.node.connect(other.destination);
  const pauseFrames = (3 * EPOCH_BREAK_MS * RATE) / 1000;
  const first = await clock.until(blockOf);
  await clock.until((message) => (blockOf(message)?.startFrame ?? 0) > first.startFrame + pauseFrames || undefined);
  const known = tap.messages.length;
  const stoodAt = Math.round(context.currentTime * RATE);
  await context.resume();
  await tap.until((message) => tap.messages.indexOf(message) > known + 8 || undefined);

  const blocks = tap.messages.flatMap((message) => blockOf(message) ?? []);
  const seams = blocks.slice(1).map(({ startFrame, wallMs }, at) => {
    const before = blocks[at] as TapBlock;
    const lateMs = wallMs - before.wallMs - ((startFrame - before.startFrame) / RATE) * 1000;
    return { endFrame: before.startFrame + before.samples.length, startFrame, isBreak: lateMs > EPOCH_BREAK_MS };
  });
  // A machine that stood still for so long is a break as well, at another frame.
  const standstill = seams.find(({ startFrame, isBreak }) => isBreak && startFrame === stoodAt);
  expect(standstill, JSON.stringify({ stoodAt, seams })).toBeDefined();
  // The frames between suspend() and the end of the device Chromium counts and asks nobody for: on a busy machine there
  // are some.
  for (const seam of seams)
    if (seam === standstill) expect(seam.endFrame).toBeLessThanOrEqual(stoodAt);
    else expect(seam.startFrame).toBe(seam.endFrame);
  for (const { startFrame, samples } of blocks)
    expect(startFrame % BLOCK_FRAMES).toBeLessThanOrEqual(BLOCK_FRAMES - samples.length);
});

test('[AUDIO-1] an exception in process() reaches the page as processorerror', async () => {
  const context = await liveContext();
  const player = new PlayerEar(context);
  player.node.connect(context.destination);
  await player.until((message) => (message.type === 'block' ? message : undefined));
  // By the attribute: Chromium's event is of type `error`, and a listener for `processorerror` hears nothing.
  const failed = new Promise<Event>((resolve) => (player.node.onprocessorerror = resolve));
  player.send({ type: 'begin', utteranceId: 'bad' });
  // A BigInt length passes the door and throws where samples are read.
  player.send({
    type: 'pcm',
    utteranceId: 'bad',
    samples: { length: 5n, buffer: new ArrayBuffer(8) } as unknown as Float32Array,
  });
  expect(await failed).toMatchObject({ message: expect.stringContaining('BigInt') });
});
