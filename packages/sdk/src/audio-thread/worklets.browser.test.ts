import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { userEvent } from 'vitest/browser';
import {
  type AudioSetup,
  BLOCK_FRAMES,
  PLAYER_PROCESSOR,
  QUANTUM_FRAMES,
  TAP_PROCESSOR,
  audioSetupTransferables,
} from '../core/messages/audio-setup.ts';
import {
  DECLICK_MS,
  type PlayerBlock,
  type PlayerCommand,
  type PlayerEvent,
  type PlayerMessage,
  playerCommandTransferables,
} from '../core/messages/player-engine.ts';
import { type TypedPort, typedPort } from '../core/messages/ports.ts';
import {
  type TapBlock,
  type TapCommand,
  type TapMessage,
  tapCommandTransferables,
} from '../core/messages/tap-engine.ts';
import { EPOCH_BREAK_MS } from '../core/timeline.ts';

const RATE = 48_000;
const FADE_FRAMES = (DECLICK_MS / 1000) * RATE;
/** The curve of a gain. */
const smooth = (part: number): number => part * part * (3 - 2 * part);

/** The engine's end of a worklet: everything it sent, and a way to wait for what comes. */
class Ear<Command, Message extends { type: string }> {
  readonly messages: Message[] = [];
  readonly #port: TypedPort<Command, Message>;
  readonly #waiting = new Set<() => void>();

  constructor(node: AudioWorkletNode, transferables: (command: Command) => readonly unknown[]) {
    const { port1, port2 } = new MessageChannel();
    this.#port = typedPort(port2, transferables);
    let frames = 0;
    this.#port.receive((message) => {
      this.messages.push(message);
      if (message.type === 'block') {
        frames += framesOf(message as unknown as TapBlock | PlayerBlock);
        this.#port.send({ type: 'consumed', frames } as Command);
      }
      for (const check of this.#waiting) check();
    });
    typedPort<AudioSetup, never>(node.port, audioSetupTransferables).send({ type: 'connect', port: port1 });
  }

  send(command: Command): void {
    this.#port.send(command);
  }

  /** Settles with the first message, past or to come, of which `pick` makes something. */
  until<Found>(pick: (message: Message) => Found | undefined): Promise<Found> {
    return new Promise((resolve) => {
      let seen = 0;
      const check = (): void => {
        for (; seen < this.messages.length; seen += 1) {
          const found = pick(this.messages[seen] as Message);
          if (found === undefined) continue;
          this.#waiting.delete(check);
          resolve(found);
          return;
        }
      };
      this.#waiting.add(check);
      check();
    });
  }
}

class PlayerEar extends Ear<PlayerCommand, PlayerMessage> {
  constructor(context: BaseAudioContext) {
    const node = new AudioWorkletNode(context, PLAYER_PROCESSOR, { numberOfInputs: 0, outputChannelCount: [2] });
    super(node, playerCommandTransferables);
    this.node = node;
  }

  readonly node: AudioWorkletNode;

  get events(): PlayerEvent[] {
    return this.messages.flatMap((message) => (message.type === 'block' ? message.events : []));
  }

  /** What it says it put out, by frame. */
  get tape(): Map<number, number> {
    return tapeOf(this.messages.flatMap((each) => (each.type === 'block' ? [each] : [])));
  }

  say(utteranceId: string, samples: Float32Array): void {
    this.send({ type: 'begin', utteranceId });
    this.send({ type: 'pcm', utteranceId, samples });
    this.send({ type: 'end', utteranceId });
  }

  happened<Kind extends PlayerEvent['kind']>(kind: Kind): Promise<Extract<PlayerEvent, { kind: Kind }>> {
    return this.until((message) =>
      message.type === 'block'
        ? message.events.find((event): event is Extract<PlayerEvent, { kind: Kind }> => event.kind === kind)
        : undefined,
    );
  }
}

class TapEar extends Ear<TapCommand, TapMessage> {
  #questions = 0;

  constructor(context: BaseAudioContext, options?: { plays: boolean }) {
    const node = new AudioWorkletNode(context, TAP_PROCESSOR, { outputChannelCount: [2], processorOptions: options });
    super(node, tapCommandTransferables);
    this.node = node;
  }

  readonly node: AudioWorkletNode;

  get tape(): Map<number, number> {
    return tapeOf(
      this.messages.flatMap((each) => (each.type === 'block' ? [{ ...each, frames: each.samples.length }] : [])),
    );
  }

  /** Settles when the audio thread has handled all that was sent to it: a tap that plays nothing answers a cut at once. */
  async handled(): Promise<void> {
    const cutId = (this.#questions -= 1);
    this.send({ type: 'cut', cutId });
    await this.wasCut(cutId);
  }

  wasCut(cutId: number): Promise<number> {
    return this.until((message) => (message.type === 'cut' && message.cutId === cutId ? message.frame : undefined));
  }
}

const framesOf = (block: TapBlock | PlayerBlock): number => ('frames' in block ? block.frames : block.samples.length);

const blockOf = (message: TapMessage): TapBlock | undefined => (message.type === 'block' ? message : undefined);

/** Samples by frame. Fails when a frame comes twice or a block is not where it must be. */
function tapeOf(blocks: readonly { startFrame: number; frames: number; samples: Float32Array | null }[]) {
  const tape = new Map<number, number>();
  let end: number | undefined;
  for (const { startFrame, frames, samples } of blocks) {
    expect(startFrame).toBe(end ?? startFrame);
    expect(frames % QUANTUM_FRAMES).toBe(0);
    expect(Math.floor(startFrame / BLOCK_FRAMES)).toBe(Math.floor((startFrame + frames - 1) / BLOCK_FRAMES));
    for (let at = 0; at < frames; at += 1) tape.set(startFrame + at, samples ? (samples[at] as number) : 0);
    end = startFrame + frames;
  }
  return tape;
}

/** Noise in which no sample is zero, so that every frame that sounds can be told from silence. */
function noise(frames: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length: frames }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return Math.fround((state / 2 ** 31) * 0.5 || 0.25);
  });
}

/** Every frame that both recorded is the same in both. Gives how many frames that were, and how many sounded. */
function compare(one: Map<number, number>, other: Map<number, number>): { frames: number; sounding: number } {
  let frames = 0;
  let sounding = 0;
  for (const [frame, sample] of one) {
    const same = other.get(frame);
    if (same === undefined) continue;
    if (same !== sample) expect({ frame, sample }).toEqual({ frame, sample: same });
    frames += 1;
    if (sample !== 0) sounding += 1;
  }
  return { frames, sounding };
}

async function loaded<Context extends BaseAudioContext>(context: Context): Promise<Context> {
  for (const name of ['tap', 'player'])
    await context.audioWorklet.addModule(new URL(`./${name}.worklet.ts`, import.meta.url));
  return context;
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

describe('in a live AudioContext', () => {
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

  test('[BLOCK-5] a context that stood still ends the block before the break, and the frames run on', async () => {
    const context = await liveContext();
    const tap = new TapEar(context);
    tap.node.connect(context.destination);
    await tap.until(blockOf);
    await context.suspend();
    const stoodAt = Math.round(context.currentTime * RATE);
    // Another context is the clock: this one stands still while that one renders.
    const other = await liveContext();
    const clock = new TapEar(other);
    clock.node.connect(other.destination);
    const pauseFrames = (3 * EPOCH_BREAK_MS * RATE) / 1000;
    const first = await clock.until(blockOf);
    await clock.until((message) => (blockOf(message)?.startFrame ?? 0) > first.startFrame + pauseFrames || undefined);
    const known = tap.messages.length;
    await context.resume();
    await tap.until((message) => tap.messages.indexOf(message) > known + 8 || undefined);

    const blocks = tap.messages.flatMap((message) => blockOf(message) ?? []);
    const late = blocks.slice(1).filter(({ wallMs, startFrame }, at) => {
      const before = blocks[at] as TapBlock;
      return wallMs - before.wallMs - ((startFrame - before.startFrame) / RATE) * 1000 > EPOCH_BREAK_MS;
    });
    expect(late.map((block) => block.startFrame)).toEqual([stoodAt]);
    // tapeOf() has checked that no frame is missing or doubled.
    expect(tap.tape.size).toBe(blocks.reduce((sum, block) => sum + block.samples.length, 0));
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
});

describe('in an OfflineAudioContext, where the frame of a command is known', () => {
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
});
