import { expect, test } from 'vitest';
import { QUANTUM_FRAMES } from '../core/messages/audio-setup.ts';
import type { LoudspeakerCommand } from '../core/messages/loudspeaker.ts';
import { DECLICK_MS } from '../core/messages/player-engine.ts';
import { PlayerEar, RATE, TapEar, blockOf, compare, loaded } from '../scripted/worklet-ears.ts';

/** The worklets in an OfflineAudioContext, where the frame of a command is known. */

const FADE_FRAMES = (DECLICK_MS / 1000) * RATE;
/** The curve of a gain. */
const smooth = (part: number): number => part * part * (3 - 2 * part);

/** Runs `at` while the rendering stands still at this frame. */
async function during(context: OfflineAudioContext, frame: number, at: () => Promise<void>): Promise<void> {
  await context.suspend(frame / RATE);
  await at();
  await context.resume();
}

/** Renders a context of a second, with what happens during it. */
async function render(context: OfflineAudioContext, ...happenings: readonly Promise<void>[]): Promise<AudioBuffer> {
  const [rendered] = await Promise.all([context.startRendering(), ...happenings]);
  return rendered;
}

const second = (): Promise<OfflineAudioContext> => loaded(new OfflineAudioContext(2, RATE, RATE));

const QUARTER = 96 * QUANTUM_FRAMES;

test('[CUT-1] a cut begins with the next quantum and ends with its fade, on the frame it names', async () => {
  const context = await second();
  const player = new PlayerEar(context);
  const tap = new TapEar(context);
  player.node.connect(tap.node).connect(context.destination);
  player.say('one', new Float32Array(2 * RATE).fill(0.5));
  player.say('two', new Float32Array(RATE).fill(0.5));
  await tap.handled();
  const cutting = during(context, QUARTER, () => {
    player.send({ type: 'cut', cutId: 1 });
    return tap.handled();
  });
  await render(context, cutting);
  const cut = await player.happened('cut');
  for (const ear of [player, tap]) ear.send({ type: 'stop' });
  await tap.until((message) => (message.type === 'stopped' ? message : undefined));
  await player.until((message) => (message.type === 'stopped' ? message : undefined));

  expect(cut.frame).toBeLessThanOrEqual(QUARTER + FADE_FRAMES + QUANTUM_FRAMES);
  // The answer does not wait for the rest of its block.
  const answer = player.messages.find(
    (each) => each.type === 'block' && each.events.some(({ kind }) => kind === 'cut'),
  );
  expect(answer?.type === 'block' && answer.startFrame + answer.frames - cut.frame).toBeLessThan(QUANTUM_FRAMES);
  const tape = tap.tape;
  compare(player.tape, tape);
  const faded = [...tape].filter(
    ([frame, sample]) => frame < cut.frame && frame >= cut.frame - FADE_FRAMES && sample > 0 && sample < 0.5,
  );
  expect(faded).toHaveLength(FADE_FRAMES);
  for (const [frame, sample] of tape) {
    if (frame >= cut.frame) expect(sample).toBe(0);
    if (frame > 0 && frame < cut.frame) expect(sample).toBeLessThanOrEqual((tape.get(frame - 1) ?? 0) || 0.5);
  }
  const [start] = player.events;
  expect(cut.utterances).toEqual([
    { utteranceId: 'one', renderedFrames: cut.frame - (start?.frame ?? 0) },
    { utteranceId: 'two', renderedFrames: 0 },
  ]);
});

test('[TAP-2] a tap that plays tapes what it lets through; a cut silences it until gain opens it again', async () => {
  const context = await second();
  const source = new ConstantSourceNode(context, { offset: 0.5 });
  const gate = new TapEar(context, { plays: true });
  const behind = new TapEar(context);
  source.connect(gate.node).connect(behind.node).connect(context.destination);
  source.start();
  const reopenAt = QUARTER + 64 * QUANTUM_FRAMES;
  const cutting = during(context, QUARTER, () => {
    gate.send({ type: 'cut', cutId: 1 });
    return behind.handled();
  });
  const reopening = during(context, reopenAt, () => {
    gate.send({ type: 'gain', gain: 1, rampMs: 10 });
    return behind.handled();
  });
  await render(context, cutting, reopening);
  const cutFrame = await gate.wasCut(1);
  for (const ear of [gate, behind]) ear.send({ type: 'stop' });
  for (const ear of [gate, behind]) await ear.until((message) => (message.type === 'stopped' ? message : undefined));

  expect(cutFrame).toBeLessThanOrEqual(QUARTER + FADE_FRAMES + QUANTUM_FRAMES);
  const tape = gate.tape;
  const { sounding } = compare(tape, behind.tape);
  expect(sounding).toBeGreaterThan(RATE / 4);
  expect([tape.get(cutFrame - 1), tape.get(cutFrame)]).toEqual([
    expect.closeTo(0.5 * smooth(1 / (FADE_FRAMES + 1)), 6),
    0,
  ]);
  expect([tape.get(reopenAt - 1), tape.get(reopenAt + RATE / 100)]).toEqual([0, 0.5]);
});

test('[TAP-6] a mute holds from the very next quantum, on the frame it names, and so does its end; no frame is missing', async () => {
  const context = await second();
  const source = new ConstantSourceNode(context, { offset: 0.5 });
  const tap = new TapEar(context);
  source.connect(tap.node).connect(context.destination);
  source.start();
  await tap.handled();
  // Within a block: what was heard before is sent apart.
  const [muteAt, unmuteAt] = [QUARTER + QUANTUM_FRAMES, 2 * QUARTER + 3 * QUANTUM_FRAMES];
  const set = (frame: number, muteId: number, muted: boolean): Promise<void> =>
    during(context, frame, () => {
      tap.send({ type: 'mute', muteId, muted });
      return tap.handled();
    });
  await render(context, set(muteAt, 1, true), set(unmuteAt, 2, false));
  tap.send({ type: 'stop' });
  await tap.until((message) => (message.type === 'stopped' ? message : undefined));
  expect(tap.messages.filter((message) => message.type === 'muted')).toEqual([
    { type: 'muted', muteId: 1, frame: muteAt },
    { type: 'muted', muteId: 2, frame: unmuteAt },
  ]);
  for (const [frame, sample] of tap.tape) {
    const expected = frame >= muteAt && frame < unmuteAt ? 0 : 0.5;
    if (sample !== expected) expect({ frame, sample }).toEqual({ frame, sample: expected });
  }
  expect(tap.tape.size).toBeGreaterThan(RATE - 2 * QUANTUM_FRAMES);
});

test('[TAP-5] a plain tap is silent at its output and tapes the mono of its input; no source is silence', async () => {
  const context = await second();
  const merger = new ChannelMergerNode(context, { numberOfInputs: 2 });
  const [left, right] = [1, 0.5].map((offset) => new ConstantSourceNode(context, { offset }));
  left?.connect(merger, 0, 0);
  right?.connect(merger, 0, 1);
  for (const source of [left, right]) source?.start(0);
  for (const source of [left, right]) source?.stop(0.25);
  const tap = new TapEar(context);
  merger.connect(tap.node).connect(context.destination);
  const lone = new TapEar(context);
  lone.node.connect(context.destination);
  await lone.handled();
  const unplugging = during(context, 2 * QUARTER, () => {
    merger.disconnect();
    return tap.handled();
  });
  const heard = await render(context, unplugging);
  for (const sample of heard.getChannelData(0)) expect(sample).toBe(0);
  for (const ear of [tap, lone]) ear.send({ type: 'stop' });
  for (const ear of [tap, lone]) await ear.until((message) => (message.type === 'stopped' ? message : undefined));
  const tape = tap.tape;
  expect([tape.get(RATE / 8), tape.get(QUARTER + RATE / 4)]).toEqual([0.75, 0]);
  expect([...lone.tape.values()].some((sample) => sample !== 0)).toBe(false);
  // The clocks of both tracks ran to the end: the same blocks.
  expect([...lone.tape.keys()].at(-1)).toBe([...tape.keys()].at(-1));
  expect([...tape.keys()].at(-1)).toBeGreaterThan(RATE - QUANTUM_FRAMES);
});

test('[DEAF-1] [VOL-1] what sounds falls silent for a user who wants to hear nothing, and is softer for one who turns it down: taped is the first, not the second', async () => {
  const context = await second();
  const source = new ConstantSourceNode(context, { offset: 0.5 });
  const stream = new TapEar(context, { plays: true });
  const player = new PlayerEar(context);
  player.say('one', new Float32Array(RATE).fill(0.5));
  source.connect(stream.node);
  source.start();
  const mouths = [stream, player].map((mouth) => {
    const ear = new TapEar(context);
    mouth.node.connect(ear.node).connect(context.destination);
    return { mouth, ear };
  });
  await mouths[0]!.ear.handled();
  const [deafAt, heardAt, softAt] = [QUARTER + QUANTUM_FRAMES, 2 * QUARTER + 3 * QUANTUM_FRAMES, 3 * QUARTER];
  const tell = (frame: number, command: LoudspeakerCommand): Promise<void> =>
    during(context, frame, () => {
      for (const { mouth } of mouths) mouth.send(command);
      return mouths[0]!.ear.handled();
    });
  await render(
    context,
    tell(deafAt, { type: 'deafen', deafenId: 1, deafened: true }),
    tell(heardAt, { type: 'deafen', deafenId: 2, deafened: false }),
    tell(softAt, { type: 'volume', volume: 0.2 }),
  );
  const isBetween = (frame: number): boolean => frame >= deafAt + FADE_FRAMES && frame < heardAt;
  for (const { mouth, ear } of mouths) {
    for (const each of [mouth, ear]) each.send({ type: 'stop' });
    for (const each of [mouth, ear]) await each.until((message) => (message.type === 'stopped' ? true : undefined));
    const answers = [...mouth.messages].filter(({ type }) => type === 'deafened' || type === 'volume');
    expect(answers).toEqual([
      { type: 'deafened', deafenId: 1, frame: deafAt + FADE_FRAMES },
      { type: 'deafened', deafenId: 2, frame: heardAt },
      { type: 'volume', volume: 0.2, frame: softAt },
    ]);
    const out = ear.tape;
    for (const [frame, sample] of out)
      if (isBetween(frame) !== (sample === 0) && frame > RATE / 100) expect(frame).toBe(0);
    // The stream's own sound behind the shut gate is not what was put out, and says so.
    const tape = new Map(mouth.tape);
    if (mouth === stream) {
      const unheard = stream.messages.flatMap((message) => (blockOf(message)?.deafened ? [blockOf(message)!] : []));
      const frames = unheard.flatMap(({ startFrame, samples }) => Array.from(samples, (_, at) => startFrame + at));
      expect(frames.every((frame) => isBetween(frame) && tape.get(frame) === 0.5)).toBe(true);
      expect(frames.length).toBeGreaterThan(heardAt - deafAt - FADE_FRAMES - QUANTUM_FRAMES);
      for (const frame of frames) tape.set(frame, 0);
    }
    compare(new Map([...tape].filter(([frame]) => frame < softAt)), out);
    const late = softAt + RATE / 50;
    for (const [frame, sample] of out)
      if (frame >= late) expect([tape.get(frame), sample]).toEqual([0.5, Math.fround(0.5 * Math.fround(0.2))]);
  }
});
