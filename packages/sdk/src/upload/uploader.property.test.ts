import { array, assert, asyncProperty, boolean, constantFrom, nat, record } from 'fast-check';
import { expect, test } from 'vitest';
import { TurntapeError } from '../core/errors.ts';
import type { SegmentWire } from '../core/wire.ts';
import { MemoryOutbox } from '../upload-contract/memory-outbox.ts';
import type { OutboxItem } from '../upload-contract/outbox.ts';
import type { Receipt } from '../upload-contract/receipt.ts';
import { sampleSegment } from '../upload-contract/samples.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { abortable } from './abortable.ts';
import { ManualClock } from './manual-clock.ts';
import { type Uploader, createUploader } from './uploader.ts';

/** What may go wrong with one try. `lost answer`: the backend stored it, and the line was cut before it said so. */
const FAULTS = ['none', 'line cut', 'lost answer', 'busy', 'wrong hash', 'bug', 'refused', 'token', 'hang'] as const;
type Fault = (typeof FAULTS)[number];

/** What may happen meanwhile. */
const STEPS = [
  'add',
  'nudge',
  'online',
  'time',
  'reload',
  'second tab',
  'pause',
  'resume',
  'retry',
  'full',
  'go',
  'cancel',
  'erase',
] as const;
type Step = { readonly type: (typeof STEPS)[number]; readonly session: number };

const faults = array(constantFrom(...FAULTS), { maxLength: 60, size: 'max' });
const steps = array(record({ type: constantFrom(...STEPS), session: nat({ max: 3 }) }), { maxLength: 60, size: 'max' });

/** A backend with the truth in it, which also watches the uploader's manners. */
class Backend implements UploadTarget {
  readonly stored: string[] = [];
  readonly #faults: Fault[];
  readonly #outbox: MemoryOutbox;
  readonly #underWay = new Map<string, string>();
  readonly #hanging: (() => void)[] = [];
  readonly #refused = new Set<string>();
  mostUnderWay = 0;
  broken: string[] = [];

  constructor(faults: readonly Fault[], outbox: MemoryOutbox) {
    this.#faults = faults.toReversed();
    this.#outbox = outbox;
  }

  /** It was refused or cancelled: when it is retried, others of its session may be before it. */
  setAside(id: string): void {
    this.#refused.add(id);
  }

  /** No more faults. */
  heal(): void {
    this.#faults.length = 0;
    this.release();
  }

  release(): void {
    for (const go of this.#hanging.splice(0)) go();
  }

  async send(segment: SegmentWire, _audio: Blob | undefined, { signal }: { signal: AbortSignal }): Promise<Receipt> {
    const { segment_id, session_id, sha256, byte_size } = segment;
    const other = this.#underWay.get(session_id);
    if (other !== undefined) this.broken.push(`${segment_id} is sent while ${other} of its session is under way`);
    // What was refused and is retried takes its place again only when everybody has looked.
    const before = this.#outbox.held.find(
      (item) => item.sessionId === session_id && item.state === 'pending' && !this.#refused.has(idOf(item)),
    );
    if (before && idOf(before) !== segment_id && this.#isHeld(segment_id) && !this.#refused.has(segment_id))
      this.broken.push(`${segment_id} is sent before ${idOf(before)}`);
    this.#underWay.set(session_id, segment_id);
    this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay.size);
    try {
      const fault = this.#faults.pop() ?? 'none';
      if (fault === 'hang')
        await new Promise<void>((resolve) => {
          this.#hanging.push(resolve);
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      await Promise.resolve();
      if (fault === 'line cut') throw new TurntapeError('network', 'cut', { retryable: true });
      if (fault === 'busy') throw new TurntapeError('server_error', 'busy', { retryable: true });
      if (fault === 'bug') throw new RangeError('a target of somebody else');
      if (fault === 'token') throw new TurntapeError('unauthorized', 'expired');
      if (fault === 'refused') this.setAside(segment_id);
      if (fault === 'refused') throw new TurntapeError('rejected', 'too large');
      if (!this.stored.includes(segment_id)) this.stored.push(segment_id);
      if (fault === 'lost answer') throw new TurntapeError('network', 'cut', { retryable: true });
      return { segment_id, byte_size, sha256: fault === 'wrong hash' ? 'f'.repeat(64) : sha256 };
    } finally {
      this.#underWay.delete(session_id);
    }
  }

  #isHeld(id: string): boolean {
    return this.#outbox.held.some((item) => idOf(item) === id && item.state === 'pending');
  }
}

function idOf({ payload }: OutboxItem): string {
  return payload.kind === 'segment' ? payload.segment.segment_id : '';
}

/** Lets everything run that does not wait for time. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** One origin: an outbox, a backend, and the tabs that send from the one to the other. */
class Origin {
  readonly outbox = new MemoryOutbox();
  readonly clock = new ManualClock();
  readonly backend: Backend;
  readonly added: string[] = [];
  readonly acknowledged: string[] = [];
  readonly erased = new Set<string>();
  readonly #tabs: Uploader[] = [];
  readonly #online = new Set<() => void>();
  #lock: Promise<unknown> = Promise.resolve();
  #writesFail = 0;
  #reads = 0;

  constructor(faults: readonly Fault[]) {
    this.backend = new Backend(faults, this.outbox);
    const acknowledged = this.outbox.acknowledged.bind(this.outbox);
    this.outbox.acknowledged = (item, receipt) => {
      if (this.#writesFail === 0) return acknowledged(item, receipt);
      this.#writesFail -= 1;
      return Promise.reject(new DOMException('full', 'QuotaExceededError'));
    };
    const readOutbox = this.outbox.read.bind(this.outbox);
    this.outbox.read = async (known) => {
      const read = await readOutbox(known);
      // A reading may be old by the time it arrives: sends end and items leave meanwhile.
      this.#reads += 1;
      if (this.#reads % 3 > 0) await settle();
      return read;
    };
    this.open();
  }

  open(): void {
    const uploader = createUploader({
      outbox: this.outbox,
      target: this.backend,
      clock: this.clock,
      random: () => 0.5,
      online: (listener) => {
        this.#online.add(listener);
        return () => this.#online.delete(listener);
      },
      lock: (work, signal) => {
        // As the browser's: who is told to stop while it waits leaves the line.
        const turn = this.#lock.then(() => (signal.aborted ? undefined : work()));
        this.#lock = turn.catch(() => undefined);
        return abortable(turn, signal).catch(() => (signal.aborted ? undefined : turn));
      },
    });
    uploader.on('acknowledged', ({ item }) => {
      this.acknowledged.push(idOf(item));
      if (!this.backend.stored.includes(idOf(item))) this.backend.broken.push(`${idOf(item)} acknowledged, not stored`);
      if (this.outbox.held.some(({ seq }) => seq === item.seq))
        this.backend.broken.push(`${idOf(item)} acknowledged, still in the outbox`);
    });
    this.#tabs.push(uploader);
  }

  async take({ type, session }: Step): Promise<void> {
    const tab = this.#tabs[session % this.#tabs.length];
    const sessionId = `session ${session}`;
    switch (type) {
      case 'add': {
        const segment = sampleSegment(sessionId, { segment_id: `segment ${this.added.length}`, sha256: 'ab' });
        this.added.push(segment.segment_id);
        this.outbox.add({ kind: 'segment', segment });
        tab?.nudge();
        return;
      }
      case 'nudge':
        tab?.nudge();
        return;
      case 'online':
        for (const listener of this.#online) listener();
        return;
      case 'time':
        this.clock.advance((this.clock.nextMs ?? 0) * (session === 0 ? 0.5 : 1));
        return;
      case 'reload':
        await this.#tabs.shift()?.dispose();
        this.open();
        return;
      case 'second tab':
        if (this.#tabs.length < 3) this.open();
        return;
      case 'pause':
        tab?.pause(session === 0 ? undefined : sessionId);
        return;
      case 'resume':
        tab?.resume(session === 0 ? undefined : sessionId);
        return;
      case 'retry':
        await tab?.retry();
        return;
      case 'full':
        this.#writesFail = 1;
        return;
      case 'go':
        this.backend.release();
        return;
      case 'cancel':
        for (const item of this.outbox.held) if (item.sessionId === sessionId) this.backend.setAside(idOf(item));
        await tab?.cancel({ sessionId });
        return;
      case 'erase': {
        const item = this.outbox.held.find((held) => held.sessionId === sessionId);
        if (!item) return;
        this.erased.add(idOf(item));
        this.outbox.erase(item.seq);
      }
    }
  }

  /** Ends all faults and pauses and lets time pass until nothing is pending. */
  async finish(): Promise<void> {
    this.backend.heal();
    this.#writesFail = 0;
    for (const tab of this.#tabs) tab.resume();
    // Every round of time is one wait that ends: their number is bounded by the backoff of what is left.
    for (let round = 0; round < 500; round += 1) {
      await settle();
      if (this.outbox.held.every((item) => item.state === 'rejected')) break;
      this.clock.advance(this.clock.nextMs ?? 0);
    }
    for (const tab of this.#tabs) await tab.dispose();
  }
}

test('[SEND-16] [SEND-37] whatever fails in whatever order: nothing is lost, each item is acknowledged once, order is kept', async () => {
  await assert(
    asyncProperty(
      faults,
      steps,
      array(boolean(), { maxLength: 60, size: 'max' }),
      async (faultList, stepList, pauses) => {
        const origin = new Origin(faultList);
        for (const [index, step] of stepList.entries()) {
          await origin.take(step);
          if (pauses[index] === true) await settle();
        }
        await origin.finish();
        const { backend, outbox, added, acknowledged } = origin;
        expect(backend.broken).toEqual([]);
        expect(backend.mostUnderWay).toBeLessThanOrEqual(2);
        // What is still held was refused, and says why.
        expect(outbox.held.every(({ state }) => state === 'rejected')).toBe(true);
        for (const { error } of outbox.held) expect(['rejected', 'aborted']).toContain(error?.code);
        const delivered = [...acknowledged, ...outbox.held.map(idOf)];
        // What was erased while it was under way may have arrived, and been acknowledged, all the same.
        const lost = added.filter((id) => !delivered.includes(id) && !origin.erased.has(id));
        expect(lost).toEqual([]);
        expect(new Set(delivered).size).toBe(delivered.length);
        expect(backend.stored.filter((id) => acknowledged.includes(id)).toSorted()).toEqual(acknowledged.toSorted());
      },
    ),
    {
      numRuns: 300,
      // Found by chance once: a try that fails after its item was cancelled.
      examples: [
        [
          ['hang'],
          [
            { type: 'add', session: 3 },
            { type: 'add', session: 0 },
            { type: 'time', session: 1 },
            { type: 'cancel', session: 3 },
          ],
          [true, true],
        ],
      ],
    },
  );
});
