import { expect, test } from '@playwright/test';
import type { Segment } from 'turntape';
import { launchBrowser } from './support/launch-browser.ts';
import { openRecorderPage } from './support/open-recorder-page.ts';
import { openSite } from './support/open-site.ts';

/** What was kept of a turn, and what came to the loudspeaker meanwhile: from the file's first frame to its last. */
interface Told {
  segment: Segment;
  kept: number[];
  /** Null where the witness was not asked. */
  heard: (number | null)[];
}

const peakOf = (samples: readonly (number | null)[]): number =>
  samples.reduce<number>((peak, sample) => Math.max(peak, Math.abs(sample ?? 0)), 0);

/** The volume is one number of 32 bits, and so is each sample. */
const louder = (kept: number, volume: number): number => Math.fround((kept / 32_768) * Math.fround(volume));

/**
 * The whole way, in a session whose context is the app's: whatever leads to its loudspeaker leads to a witness, too. What is
 * claimed is exact to the sample; a machine that stands still parts a sound in two, which nobody can tell from a fault: such a
 * conversation is held anew, in a new browser. A fault of ours is in each of them.
 */
test('[DEAF-7] [VOL-2] a deafened user hears nothing, to the frame, and a softer bot is kept as loud as ever: written, by port, attached', async () => {
  const site = await openSite();
  await expect(async () => {
    const browser = await launchBrowser({ microphone: 'absent' });
    try {
      const { page, troubles } = await openRecorderPage(browser, site);
      const result = await page.evaluate(async () => {
        const { createRecorder } = window.turntape;
        const context = new AudioContext({ sampleRate: 48_000 });
        await context.audioWorklet.addModule('/ear.worklet.js');
        const ear = new AudioWorkletNode(context, 'ear');
        ear.connect(context.destination);
        // oxlint-disable-next-line typescript/unbound-method -- it is called with a node of its own
        const connect = AudioNode.prototype.connect as (this: AudioNode, ...to: unknown[]) => AudioNode;
        AudioNode.prototype.connect = function (this: AudioNode, ...to: unknown[]): AudioNode {
          if (to[0] === context.destination) connect.call(this, ear);
          return connect.apply(this, to);
        };
        const heardAt = new Map<number, Float32Array>();
        ear.port.addEventListener('message', ({ data }: MessageEvent<{ frame: number; samples: Float32Array }>) =>
          heardAt.set(data.frame, data.samples),
        );
        ear.port.start();

        // No sample is 0, and none is like the one before it.
        const ruler = Int16Array.from(
          { length: 28_800 },
          (_, n) => (n % 2 === 0 ? 1 : -1) * (1000 + ((n * 7919) % 20_000)),
        );
        const recorder = await createRecorder({
          consent: 'granted',
          format: 'wav',
          sampleRate: 'native',
          microphone: new AudioContext().createMediaStreamDestination().stream,
          vad: false,
          audioContext: context,
        });
        const session = await recorder.startSession();
        const volumes: number[] = [];
        session.on('volume', ({ volume }) => volumes.push(volume));
        const segments: Segment[] = [];
        let more: (() => void) | undefined;
        session.on('segment-kept', ({ segment }) => {
          segments.push(segment);
          more?.();
        });
        const kept = async (count: number): Promise<void> => {
          while (segments.length < count) await new Promise<void>((resolve) => (more = resolve));
        };
        const say = (): { turnId: string; done: Promise<{ heardMs: number; renderedMs: number }> } => {
          const utterance = session.bot.begin();
          utterance.write(ruler, { sampleRate: 48_000 });
          utterance.end();
          return utterance;
        };
        /** The session is so long. */
        const until = (ms: number): Promise<void> =>
          new Promise((resolve) => {
            const off = session.on('level', ({ atMs }) => {
              if (atMs < ms) return;
              off();
              resolve();
            });
          });

        await say().done;
        await kept(1);
        session.bot.setVolume(0.2);
        // Its ramp is over before anything sounds.
        await until((await session.stats()).lengthMs + 100);
        await say().done;
        await kept(2);
        session.bot.port.postMessage({ type: 'pcm', samples: ruler.slice(), sampleRate: 48_000 });
        session.bot.port.postMessage({ type: 'end' });
        await kept(3);

        const started = new Promise<number>((resolve) => session.on('turn-start', ({ turn }) => resolve(turn.startMs)));
        const partly = say();
        await until((await started) + 100);
        const deaf = await session.deafen();
        const saidDeaf = session.deafened;
        await until(deaf.atMs + 200);
        const heard = await session.undeafen();
        const { heardMs, renderedMs } = await partly.done;
        await kept(4);

        // A node of the context, played through us: deaf from its first frame on, since it is attached to a deafened user.
        const deafAgain = await session.deafen();
        const buffer = context.createBuffer(1, ruler.length, 48_000);
        buffer.copyToChannel(
          Float32Array.from(ruler, (sample) => sample / 32_768),
          0,
        );
        const node = new AudioBufferSourceNode(context, { buffer, loop: true });
        node.start();
        const attachment = await session.bot.attach(node, { play: true, boundaries: 'manual' });
        await until((await session.stats()).lengthMs + 100);
        attachment.startTurn();
        await until((await session.stats()).lengthMs + 200);
        const heardAgain = await session.undeafen();
        await until(heardAgain.atMs + 200);
        attachment.endTurn();
        await kept(5);
        await attachment.detach();

        const { volume } = session.bot;
        const refused = [-0.1, 1.1, Number.NaN, '1'].map((each) => {
          try {
            session.bot.setVolume(each as number);
            return 'taken';
          } catch (thrown) {
            const { code, field } = thrown as { code: string; field: string };
            return `${code} ${field}`;
          }
        });
        await session.stop();
        let over = '';
        try {
          session.bot.setVolume(1);
        } catch (thrown) {
          over = (thrown as { code: string }).code;
        }
        const told: Told[] = [];
        for (const segment of segments) {
          const pcm = new Int16Array((await recorder.readAudio(segment.segmentId))?.slice(44) ?? new ArrayBuffer(0));
          const heard = Array.from(pcm, (_, at) => {
            const frame = segment.startFrame + at;
            return heardAt.get(Math.floor(frame / 128) * 128)?.[frame % 128] ?? null;
          });
          told.push({ segment, kept: [...pcm], heard });
        }
        await recorder.dispose();
        const says = { volume, volumes, refused, over, saidDeaf, isDeaf: session.deafened };
        return { told, deaf, heard, deafAgain, heardAgain, heardMs, renderedMs, ruler: [...ruler], ...says };
      });

      expect(troubles).toEqual([]);
      const { told, deaf, heard, heardAgain, ruler } = result;
      for (const { segment } of told) expect(segment.gaps).toEqual([]);
      const [full, soft, ported, partly, attached] = told as [Told, Told, Told, Told, Told];
      // What was given is what is kept, at every volume, to the sample.
      for (const { kept } of [full, soft, ported]) expect(kept).toEqual(ruler);
      expect([soft.segment.sha256, ported.segment.sha256]).toEqual([full.segment.sha256, full.segment.sha256]);
      expect(peakOf(attached.kept)).toBe(peakOf(ruler));
      for (const { kept, heard: out, segment } of told) {
        const volume = segment === full.segment ? 1 : 0.2;
        expect(segment.capture.volume).toEqual([{ fromMs: 0, volume }]);
        expect(out.filter((sample) => sample !== null).length).toBeGreaterThan(kept.length * 0.9);
        // A fade is rounded in the file.
        const wrong = out.findIndex(
          (sample, at) => sample !== null && Math.abs(sample - louder(kept[at] ?? 0, volume)) > 1 / 65_536,
        );
        expect(wrong === -1 ? 'as it was kept' : `sample ${wrong} of ${kept.length} is ${out[wrong]}`).toBe(
          'as it was kept',
        );
      }
      expect(peakOf(soft.heard)).toBeCloseTo(peakOf(full.heard) / 5, 6);
      expect([result.volume, result.volumes]).toEqual([0.2, [0.2]]);
      expect(result.refused).toEqual(Array.from({ length: 4 }, () => 'invalid_argument volume'));
      expect(result.over).toBe('session_ended');

      // Silent, bit by bit, from the first frame to the last, and nowhere else.
      expect([result.saidDeaf, result.isDeaf]).toEqual([true, false]);
      const [from, to] = [deaf.frame - partly.segment.startFrame, heard.frame - partly.segment.startFrame];
      expect(to - from).toBeGreaterThan(48 * 150);
      const silent = partly.heard.flatMap((sample, at) => (sample === 0 ? [at] : []));
      expect([silent[0], silent.at(-1)]).toEqual([from, to - 1]);
      expect(partly.kept.slice(from, to).some((sample) => sample !== 0)).toBe(false);
      expect(partly.segment.marks).toEqual([
        { startMs: expect.closeTo(from / 48, 3), endMs: expect.closeTo(to / 48, 3), kind: 'deafened' },
      ]);
      expect(partly.segment).toMatchObject({ renderedMs: 600, interrupted: false, endReason: 'drained' });
      expect(partly.segment.heardMs).toBeCloseTo(600 - (to - from) / 48, 3);
      expect([result.renderedMs, result.heardMs]).toEqual([600, partly.segment.heardMs]);
      const back = heardAgain.frame - attached.segment.startFrame;
      expect(attached.segment.marks).toEqual([{ startMs: 0, endMs: expect.closeTo(back / 48, 3), kind: 'deafened' }]);
      expect(attached.heard.findIndex((sample) => sample !== null && sample !== 0)).toBe(back);
      expect(attached.segment.heardMs).toBeCloseTo((attached.segment.renderedMs ?? 0) - back / 48, 3);
    } finally {
      await browser.close();
    }
  }).toPass({ timeout: 100_000, intervals: [0] });
  await site.close();
});
