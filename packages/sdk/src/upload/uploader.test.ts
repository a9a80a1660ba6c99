import { afterEach, expect, test } from 'vitest';
import { TurntapeError } from '../core/errors.ts';
import type { OutboxItem } from '../upload-contract/outbox.ts';
import { sampleSessionEnd, sampleTranscript } from '../upload-contract/samples.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { httpTarget } from './targets/http-target.ts';
import { ticketTarget } from './targets/ticket-target.ts';
import type { UploaderOptions } from './uploader.ts';
import { ScriptedTarget, busy, collect, networkDown, next, setUp as newSetting } from './uploader-setting.ts';

let end: (() => Promise<void>) | undefined;
afterEach(() => end?.());

const hang = (): Promise<never> => new Promise(() => {});

function setUp(options?: Partial<UploaderOptions>) {
  const setting = newSetting(options);
  end = setting.end;
  return setting;
}

test('[SEND-2] an outbox is emptied in order: session start, segments, transcripts, session end', async () => {
  const { outbox, target, start, addSession, addSegment } = setUp();
  addSession('a');
  await addSegment('a');
  outbox.add({ kind: 'transcript', transcript: sampleTranscript('a') });
  outbox.add({ kind: 'session', session: sampleSessionEnd('a') });
  await start().whenDelivered('a');
  expect(target.arrived).toEqual(['a active', 'a segment', 'a transcript', 'a ended']);
  expect(outbox.held).toEqual([]);
  expect(outbox.log.filter((line) => line.startsWith('acknowledged'))).toHaveLength(4);
});

test('[SEND-2] an item is sent before it is acknowledged, and every event comes after the outbox knows', async () => {
  const { outbox, start, addSegment } = setUp();
  const item = await addSegment('a');
  const uploader = start();
  const seen: string[] = [];
  uploader.on('sent', () => seen.push(`sent, outbox: ${outbox.log.join(', ')}`));
  uploader.on('acknowledged', ({ receipt }) =>
    seen.push(`acknowledged ${receipt?.audio_url}, held: ${outbox.held.length}`),
  );
  await uploader.whenIdle();
  expect(seen).toEqual([`sent, outbox: sent ${item.seq}`, 'acknowledged urn:stored, held: 0']);
});

test('[SEND-2] an outbox that is slow to write down what was sent writes it before what was proved', async () => {
  const { outbox, start, addSegment, addSession } = setUp();
  const item = await addSegment('a');
  addSession('b');
  let write: (() => void) | undefined;
  const sent = outbox.sent.bind(outbox);
  outbox.sent = async (entry) => {
    if (entry.seq === item.seq) await new Promise<void>((resolve) => (write = resolve));
    await sent(entry);
  };
  const uploader = start();
  const seen: string[] = [];
  uploader.on('sent', (event) => event.item.seq === item.seq && seen.push('sent'));
  uploader.on('acknowledged', (event) => event.item.seq === item.seq && seen.push('acknowledged'));
  // The other session goes all the way meanwhile.
  await uploader.whenDelivered('b');
  await expect.poll(() => write).toBeDefined();
  await new Promise((resolve) => setImmediate(resolve));
  expect([seen, outbox.held.length]).toEqual([[], 1]);
  write?.();
  await uploader.whenDelivered('a');
  expect(seen).toEqual(['sent', 'acknowledged']);
  expect(outbox.log.filter((line) => line.endsWith(` ${item.seq}`))).toEqual([
    `sent ${item.seq}`,
    `acknowledged ${item.seq}`,
  ]);
});

test('[SEND-38] what is under way of an erased session is ended at once, and its erasure is asked for; other sessions go on', async () => {
  const { outbox, target, start, addSegment } = setUp();
  const item = await addSegment('a');
  await addSegment('b');
  const asked: string[] = [];
  const aborted: string[] = [];
  let erased: (() => void) | undefined;
  let erase: ((sessionId: string | undefined) => void) | undefined;
  const uploader = start({
    target: {
      send: (segment, _audio, { signal }) => {
        asked.push(segment.session_id);
        signal.addEventListener('abort', () => aborted.push(segment.session_id));
        return hang();
      },
      eraseSession: (sessionId, { signal }) => {
        asked.push(`erase ${sessionId}`);
        signal.addEventListener('abort', () => aborted.push(`erase ${sessionId}`));
        return new Promise((resolve) => (erased = resolve));
      },
    },
    erasures: (listener) => {
      erase = listener;
      return () => (erase = undefined);
    },
  });
  await expect.poll(() => asked).toEqual(['a', 'b']);
  outbox.erase(item.seq);
  outbox.add({ kind: 'erasure', sessionId: 'a' });
  // As it is told by another tab.
  erase?.('a');
  await expect.poll(() => asked).toEqual(['a', 'b', 'erase a']);
  expect(aborted).toEqual(['a']);
  // Once more, of all: the erasure that is under way goes on.
  uploader.erased(undefined);
  await expect.poll(() => aborted).toEqual(['a', 'b']);
  erased?.();
  await uploader.whenDelivered('a');
  expect(outbox.log.filter((line) => line.startsWith('acknowledged'))).toEqual(['acknowledged 3']);
  expect(target.arrived).toEqual([]);
  await uploader.dispose();
  expect(erase).toBeUndefined();
});

test('[SEND-3] a failed try keeps its place: nothing of its session goes before it, other sessions go on', async () => {
  const { target, clock, start, addSession, addSegment, outbox } = setUp();
  addSession('a');
  await addSegment('a');
  addSession('b');
  target.failures.set('a active', [networkDown(), networkDown()]);
  const uploader = start();
  const failures = collect(uploader, 'failed');
  await uploader.whenDelivered('b');
  expect(target.arrived).toEqual(['a active', 'b active']);
  expect(failures).toMatchObject([{ attempt: 1, delayMs: 1000, error: { code: 'network' } }]);
  const again = next(uploader, 'failed');
  clock.advance(1000);
  expect(await again).toMatchObject({ attempt: 2, delayMs: 2000 });
  expect(outbox.held).toMatchObject([{ attempts: 2, retryAt: clock.nowMs() + 2000 }, { attempts: 0 }]);
  clock.advance(2000);
  await uploader.whenDelivered('a');
  expect(target.arrived).toEqual(['a active', 'b active', 'a active', 'a active', 'a segment']);
});

test('[SEND-3] a failing item is not tried again before its time', async () => {
  const { target, clock, start, addSession } = setUp();
  addSession('a');
  target.failures.set('a active', [networkDown()]);
  const uploader = start();
  await next(uploader, 'failed');
  clock.advance(999);
  // The look that a nudge asks for is over when this is told.
  addSession('b');
  uploader.nudge();
  await uploader.whenDelivered('b');
  expect(target.arrived).toEqual(['a active', 'b active']);
  clock.advance(1);
  await uploader.whenDelivered('a');
});

test('[SEND-4] a backend that asks for time is given it, also by an online event', async () => {
  const { target, clock, start, addSession, online } = setUp();
  addSession('a');
  target.failures.set('a active', [busy(30_000)]);
  const uploader = start();
  expect(await next(uploader, 'failed')).toMatchObject({ delayMs: 31_000 });
  online();
  addSession('b');
  uploader.nudge();
  await uploader.whenDelivered('b');
  expect(target.arrived).toEqual(['a active', 'b active']);
  clock.advance(31_000);
  await uploader.whenDelivered('a');
});

test('[SEND-4] an online event ends the wait after a lost network, and nothing is held back without it', async () => {
  const { target, start, addSession, online } = setUp();
  addSession('a');
  target.failures.set('a active', [networkDown()]);
  const uploader = start();
  await next(uploader, 'failed');
  online();
  await uploader.whenDelivered('a');
  expect(target.arrived).toHaveLength(2);
});

test('[SEND-4] a wait survives a reload, bounded when the clock was set back', async () => {
  const { target, clock, start, addSession, outbox } = setUp();
  addSession('a');
  target.failures.set('a active', [busy(30_000)]);
  const first = start();
  await next(first, 'failed');
  await first.dispose();
  const second = start();
  await expect.poll(() => clock.nextMs).toBe(31_000);
  await second.dispose();
  const [item] = outbox.held;
  await outbox.failed(item!, { code: 'network', message: '', retryable: true }, clock.nowMs() + 10 ** 11);
  start();
  await expect.poll(() => clock.nextMs).toBe(3_660_000);
  expect(target.arrived).toEqual(['a active']);
});

test('[SEND-5] a refused token pauses its session alone, is told, and resume goes on', async () => {
  const { target, start, addSession, addSegment, outbox } = setUp();
  addSession('a');
  await addSegment('a');
  addSession('b');
  await addSegment('b');
  target.failures.set('a active', [new TurntapeError('unauthorized', 'expired')]);
  const uploader = start();
  const paused = next(uploader, 'paused');
  await uploader.whenIdle();
  expect(await paused).toMatchObject({ sessionId: 'a', error: { code: 'unauthorized' } });
  expect(target.arrived.filter((label) => label.startsWith('b'))).toEqual(['b active', 'b segment']);
  expect(outbox.held.map((item) => [item.sessionId, item.state])).toEqual([
    ['a', 'pending'],
    ['a', 'pending'],
  ]);
  await expect(uploader.whenDelivered('a')).rejects.toMatchObject({ code: 'unauthorized' });
  uploader.resume('a');
  await uploader.whenDelivered('a');
  expect(outbox.held).toEqual([]);
});

test('[SEND-6] a refused item stays and holds nothing back; retry sends it again', async () => {
  const { target, start, addSession, addSegment, outbox } = setUp();
  addSession('a');
  const segment = await addSegment('a');
  outbox.add({ kind: 'session', session: sampleSessionEnd('a') });
  target.failures.set('a segment', [new TurntapeError('rejected', 'too large', { field: 'audio' })]);
  const uploader = start();
  const rejected = next(uploader, 'rejected');
  await expect(uploader.whenDelivered('a')).rejects.toMatchObject({ code: 'rejected', field: 'audio' });
  expect((await rejected).item.seq).toBe(segment.seq);
  expect(target.arrived).toEqual(['a active', 'a segment', 'a ended']);
  expect(outbox.held).toMatchObject([
    { seq: segment.seq, state: 'rejected', error: { code: 'rejected', field: 'audio' } },
  ]);
  uploader.nudge();
  await uploader.whenIdle();
  expect(target.arrived).toHaveLength(3);
  await uploader.retry({ sessionId: 'a' });
  await uploader.whenDelivered('a');
  expect(outbox.held).toEqual([]);
});

test.each(['wrong hash', 'wrong size'] as const)(
  '[SEND-7] a receipt with the %s is no proof: our copy stays and is sent again with backoff',
  async (fault) => {
    const { target, clock, start, addSegment, outbox } = setUp();
    await addSegment('a');
    target.failures.set('a segment', [fault]);
    const uploader = start();
    const failed = await next(uploader, 'failed');
    expect(failed).toMatchObject({ delayMs: 1000, error: { code: 'receipt_mismatch' } });
    expect(outbox.held).toMatchObject([{ state: 'pending', error: { code: 'receipt_mismatch' } }]);
    clock.advance(1000);
    await uploader.whenDelivered('a');
    expect(outbox.log).toEqual(['sent 1', 'failed 1 receipt_mismatch', 'sent 1', 'acknowledged 1']);
  },
);

test('[SEND-7] a target that settles without a receipt has proved nothing', async () => {
  const send = (async () => undefined) as unknown as UploadTarget['send'];
  const { start, addSegment } = setUp({ target: { send } });
  await addSegment('a');
  expect(await next(start(), 'failed')).toMatchObject({ error: { code: 'receipt_mismatch' } });
});

test('[SEND-8] what a backend has no place for is told once, asked once, and does not stand in the way', async () => {
  const { target, start, addSession, addSegment, outbox } = setUp();
  addSession('a');
  await addSegment('a');
  addSession('b');
  await addSegment('b');
  target.failures.set('a active', [new TurntapeError('not_supported_by_target', 'no sessions here')]);
  const uploader = start({ concurrency: 1 });
  const told = collect(uploader, 'unsupported');
  await uploader.whenDelivered('a');
  await uploader.whenDelivered('b');
  expect(told).toMatchObject([{ kind: 'session', error: { code: 'not_supported_by_target' } }]);
  expect(target.arrived).toEqual(['a active', 'a segment', 'b segment']);
  expect(outbox.held.map((item) => item.error?.code)).toEqual(['not_supported_by_target', 'not_supported_by_target']);
  await uploader.retry();
  await uploader.whenIdle();
  expect(outbox.held).toEqual([]);
});

test('[SEND-8] a target without the method has no place for it', async () => {
  const target = new ScriptedTarget();
  const { outbox, start, addSession, addSegment } = setUp({
    target: { send: (segment, audio) => target.send(segment, audio) },
  });
  addSession('a');
  await addSegment('a');
  outbox.add({ kind: 'transcript', transcript: sampleTranscript('a') });
  const uploader = start();
  const told = collect(uploader, 'unsupported');
  await uploader.whenDelivered('a');
  expect(told.map((event) => event.kind)).toEqual(['session', 'transcript']);
});

test('[SEND-9] at most two sessions are served at a time, and one item of a session', async () => {
  const { target, start, addSession, addSegment } = setUp();
  for (const id of ['a', 'b', 'c', 'd']) {
    addSession(id);
    await addSegment(id);
    target.failures.set(`${id} active`, ['hang']);
  }
  const uploader = start();
  await expect.poll(() => target.underWay).toBe(2);
  expect(target.arrived).toEqual(['a active', 'b active']);
  const released = setInterval(() => target.release(), 1);
  await uploader.whenIdle();
  clearInterval(released);
  expect(target.mostUnderWay).toBe(2);
});

test('[SEND-9] an old backlog does not starve a live session', async () => {
  const { target, start, addSession, addSegment } = setUp({ concurrency: 1 });
  for (let count = 0; count < 10; count += 1) await addSegment('old');
  addSession('live');
  await start().whenDelivered('live');
  expect(target.arrived.indexOf('live active')).toBeLessThanOrEqual(1);
});

test('[SEND-10] an item added while the outbox is drained is sent, also when its nudge comes at the last moment', async () => {
  const { target, start, addSession, outbox } = setUp();
  addSession('a');
  const uploader = start();
  let added = 0;
  uploader.on('acknowledged', () => {
    if (added === 20) return;
    added += 1;
    addSession('a');
    uploader.nudge();
  });
  await expect.poll(() => target.arrived.length).toBe(21);
  await uploader.whenDelivered('a');
  expect(outbox.held).toEqual([]);
});

test('[SEND-10] an item added while another session hangs is sent at once', async () => {
  const { target, start, addSession } = setUp();
  addSession('a');
  target.failures.set('a active', ['hang']);
  const uploader = start();
  await expect.poll(() => target.underWay).toBe(1);
  addSession('b');
  uploader.nudge();
  await uploader.whenDelivered('b');
  target.release();
});

test('[SEND-10] a session that rests is tried at its time while another hangs', async () => {
  const { target, clock, start, addSession } = setUp();
  addSession('a');
  addSession('b');
  target.failures.set('a active', ['hang']);
  target.failures.set('b active', [networkDown()]);
  const uploader = start();
  await next(uploader, 'failed');
  await expect.poll(() => clock.nextMs).toBe(1000);
  clock.advance(1000);
  await uploader.whenDelivered('b');
  target.release();
});

test('[SEND-10] a thousand nudges cost a few looks, not a thousand', async () => {
  const { outbox, start, addSession } = setUp();
  addSession('a');
  let looks = 0;
  const read = outbox.read.bind(outbox);
  outbox.read = (known) => {
    looks += 1;
    return read(known);
  };
  const uploader = start();
  for (let count = 0; count < 1000; count += 1) uploader.nudge();
  await uploader.whenDelivered('a');
  expect(looks).toBeLessThan(10);
});

test('[SEND-11] pause starts nothing new, of one session or of all, and resume goes on', async () => {
  const { target, start, addSession } = setUp();
  addSession('a');
  addSession('b');
  const uploader = start();
  uploader.pause('a');
  await uploader.whenIdle();
  expect(target.arrived).toEqual(['b active']);
  uploader.pause();
  addSession('b');
  uploader.nudge();
  await uploader.whenIdle();
  expect(target.arrived).toEqual(['b active']);
  uploader.resume();
  await uploader.whenIdle();
  expect(target.arrived.toSorted()).toEqual(['a active', 'b active', 'b active']);
});

test('[SEND-11] dispose stops what is under way, keeps every item, and settles every wait', async () => {
  const { target, start, addSession, outbox } = setUp();
  addSession('a');
  target.failures.set('a active', ['hang']);
  const uploader = start();
  await expect.poll(() => target.underWay).toBe(1);
  const idle = uploader.whenIdle();
  const refused = expect(idle).rejects.toMatchObject({ code: 'disposed' });
  await uploader.dispose();
  await refused;
  await expect(uploader.whenDelivered('a')).rejects.toMatchObject({ code: 'disposed' });
  // The target answers after all: nobody listens any more.
  target.release();
  expect(outbox.held).toMatchObject([{ state: 'pending', attempts: 0 }]);
  expect(outbox.log).toEqual([]);
});

test('[SEND-11] a wait ends with its signal', async () => {
  const { target, start, addSession } = setUp();
  addSession('a');
  target.failures.set('a active', ['hang']);
  const uploader = start();
  const abort = new AbortController();
  const wait = uploader.whenDelivered('a', { signal: abort.signal });
  abort.abort();
  await expect(wait).rejects.toMatchObject({ code: 'aborted' });
  await expect(uploader.whenIdle({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  target.release();
});

test('[SEND-12] an outbox that cannot be read is told, left alone for a while, and read again', async () => {
  const { outbox, clock, start, addSession } = setUp();
  addSession('a');
  const read = outbox.read.bind(outbox);
  outbox.read = () => Promise.reject(new DOMException('gone', 'UnknownError'));
  const uploader = start();
  expect(await next(uploader, 'error')).toMatchObject({ error: { code: 'storage_failed' } });
  await expect.poll(() => clock.nextMs).toBe(1000);
  outbox.read = read;
  clock.advance(1000);
  await uploader.whenDelivered('a');
});

test('[SEND-12] an outbox that cannot write down a proof sends again, and tells of it once', async () => {
  const { outbox, target, clock, start, addSegment } = setUp();
  await addSegment('a');
  const acknowledge = outbox.acknowledged.bind(outbox);
  outbox.acknowledged = () => Promise.reject(new DOMException('gone', 'UnknownError'));
  const uploader = start();
  const told = collect(uploader, 'acknowledged');
  await next(uploader, 'error');
  expect(told).toEqual([]);
  outbox.acknowledged = acknowledge;
  await expect.poll(() => clock.nextMs).toBe(1000);
  clock.advance(1000);
  await uploader.whenDelivered('a');
  expect(told).toHaveLength(1);
  expect(target.arrived).toHaveLength(2);
});

test('[SEND-12] an item that cannot be read rests for longer each time, alone, and begins anew after it was', async () => {
  const { outbox, target, clock, start, addSession } = setUp();
  const [a] = [addSession('a'), addSession('b')];
  const item = outbox.item.bind(outbox);
  outbox.item = (seq) => (seq === a.seq ? Promise.reject(new DOMException('gone', 'UnknownError')) : item(seq));
  const uploader = start();
  const told = collect(uploader, 'error');
  await uploader.whenDelivered('b');
  for (const waitMs of [1000, 2000, 4000]) {
    await expect.poll(() => clock.nextMs).toBe(waitMs);
    clock.advance(waitMs);
  }
  await expect.poll(() => told.length).toBe(4);
  outbox.item = item;
  target.failures.set('a active', [networkDown()]);
  await expect.poll(() => clock.nextMs).toBe(8000);
  clock.advance(8000);
  await next(uploader, 'failed');
  outbox.item = () => Promise.reject(new DOMException('gone', 'UnknownError'));
  await expect.poll(() => clock.nextMs).toBe(1000);
  clock.advance(1000);
  await expect.poll(() => clock.nextMs).toBe(2000);
  outbox.item = item;
  clock.advance(2000);
  await uploader.whenDelivered('a');
});

test('[SEND-12] a file that cannot be read is tried again; one that is gone is refused by name', async () => {
  const { outbox, clock, start, addSegment } = setUp();
  await addSegment('a');
  const audio = outbox.audio.bind(outbox);
  outbox.audio = () => Promise.reject(new DOMException('busy', 'UnknownError'));
  const uploader = start();
  expect(await next(uploader, 'failed')).toMatchObject({ error: { code: 'storage_failed' } });
  outbox.audio = async () => undefined;
  clock.advance(1000);
  await expect(uploader.whenDelivered('a')).rejects.toMatchObject({ code: 'storage_failed' });
  outbox.audio = audio;
  await uploader.retry();
  await uploader.whenDelivered('a');
});

test('[SEND-34] a target that never settles is given up by name, and its item rests; others go on, and a late answer is nobody’s', async () => {
  const { outbox, target, clock, start, addSession, addSegment } = setUp({ concurrency: 1 });
  const a = await addSegment('a');
  addSession('b');
  const reasons: unknown[] = [];
  const send = target.send.bind(target);
  const watching: UploadTarget['send'] = (segment, audio, { signal }) => {
    signal.addEventListener('abort', () => reasons.push(signal.reason));
    return send(segment, audio);
  };
  Object.assign(target, { send: watching });
  target.failures.set('a segment', ['hang']);
  const uploader = start();
  const failed = next(uploader, 'failed');
  // Ten minutes, and the time of its 2000 bytes at 4 KiB/s.
  await expect.poll(() => clock.nextMs).toBe(600_000 + (a.byteSize / 4096) * 1000);
  clock.advance(600_000);
  expect(outbox.held[0]).toMatchObject({ attempts: 0 });
  clock.advance(1000);
  const { error, delayMs } = await failed;
  expect(error).toMatchObject({ code: 'network', field: 'sendTimeoutMs', retryable: true });
  expect([reasons, delayMs]).toEqual([[error], 1000]);
  await uploader.whenDelivered('b');
  // It answers after all: the item is not ours to acknowledge by it.
  target.release();
  expect(outbox.held).toMatchObject([{ seq: a.seq, state: 'pending', attempts: 1 }]);
  await expect.poll(() => clock.nextMs).toBe(1000);
  clock.advance(1000);
  await uploader.whenDelivered('a');
  expect(target.arrived).toEqual(['a segment', 'b active', 'a segment']);
  expect(clock.nextMs).toBeUndefined();
});

test('[SEND-34] what the target rejects with at its end is not believed: the limit has ended it', async () => {
  const { clock, start, addSegment, outbox } = setUp({
    target: {
      sendTimeoutMs: 50,
      send: (_segment, _audio, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new TurntapeError('rejected', 'no more'))),
        ),
    },
  });
  const item = await addSegment('a');
  const failed = next(start(), 'failed');
  await expect.poll(() => clock.nextMs).toBe(50 + (item.byteSize / 4096) * 1000);
  clock.advance(1000);
  expect(await failed).toMatchObject({ error: { code: 'network', field: 'sendTimeoutMs' } });
  expect(outbox.held).toMatchObject([{ state: 'pending' }]);
});

test('[SEND-34] a target may bound itself, as those of this package do; what cannot be a time is refused at the door', async () => {
  const { clock, start, addSession } = setUp({ target: { sendTimeoutMs: Infinity, send: hang, sendSession: hang } });
  addSession('a');
  const uploader = start();
  await expect.poll(() => uploader.progress.sending).toBe(1);
  expect(clock.nextMs).toBeUndefined();
  expect(httpTarget('https://voice.example/v1').sendTimeoutMs).toBe(Infinity);
  expect(ticketTarget('https://voice.example/v1').sendTimeoutMs).toBe(Infinity);
  const refused = expect.objectContaining({ code: 'invalid_option', field: 'target.sendTimeoutMs' });
  for (const sendTimeoutMs of [0, -1, Number.NaN, 'soon' as unknown as number])
    expect(() => start({ target: { sendTimeoutMs, send: hang } })).toThrowError(refused);
});

test('[SEND-12] an unknown failure of a target of the app’s own is tried again', async () => {
  const { start, addSession, outbox } = setUp({
    target: {
      send: () => Promise.reject(new Error('unused')),
      sendSession: () => Promise.reject(new TypeError('fetch failed')),
    },
  });
  addSession('a');
  expect(await next(start(), 'failed')).toMatchObject({ error: { code: 'network', retryable: true } });
  expect(outbox.held).toHaveLength(1);
});

test('[SEND-13] a listener that throws stops nothing and is told', async () => {
  const { start, addSession } = setUp();
  addSession('a');
  const uploader = start();
  const errors = collect(uploader, 'error');
  uploader.on('acknowledged', () => {
    throw new Error('mine');
  });
  await uploader.whenDelivered('a');
  expect(errors).toMatchObject([{ error: { code: 'invalid_argument', cause: { message: 'mine' } } }]);
});

test('[SEND-13] progress counts items and bytes down to nothing', async () => {
  const { start, addSession, addSegment } = setUp();
  addSession('a');
  await addSegment('a');
  const uploader = start();
  const told = collect(uploader, 'progress');
  await uploader.whenIdle();
  expect(told[0]).toMatchObject({ pending: 2, pendingSegments: 1, pendingBytes: 2000, sending: 0, rejected: 0 });
  expect(told[0]).toMatchObject({ acknowledgedSegments: 0, acknowledgedBytes: 0, remainingMs: undefined });
  expect(told).toContainEqual(expect.objectContaining({ pending: 1, pendingBytes: 2000, sending: 1, rejected: 0 }));
  expect(told.at(-1)).toMatchObject({ pending: 0, pendingSegments: 0, pendingBytes: 0, sending: 0, rejected: 0 });
  expect(told.at(-1)).toMatchObject({ acknowledgedSegments: 1, acknowledgedBytes: 2000, remainingMs: 0 });
  expect(uploader.progress).toEqual(told.at(-1));
});

test('[SEND-14] an item that leaves by another hand is told as such, never as acknowledged', async () => {
  const { outbox, target, start, addSession } = setUp();
  addSession('a');
  const second = addSession('a');
  target.failures.set('a active', ['hang']);
  const uploader = start();
  const acknowledged: OutboxItem[] = [];
  uploader.on('acknowledged', ({ item }) => acknowledged.push(item));
  await expect.poll(() => target.underWay).toBe(1);
  outbox.erase(second.seq);
  const gone = next(uploader, 'elsewhere');
  uploader.nudge();
  expect((await gone).item.seq).toBe(second.seq);
  target.release();
  await uploader.whenDelivered('a');
  expect(acknowledged.map((item) => item.seq)).toEqual([1]);
});

/** A lock like the browser's: one holder, the others in line. */
function sharedLock(): NonNullable<UploaderOptions['lock']> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}

test('[SEND-15] two uploaders of one outbox never have an item in their hands together, and nothing goes twice', async () => {
  const lock = sharedLock();
  const { outbox, target, start, addSession, addSegment } = setUp({ lock });
  for (const id of ['a', 'b', 'c']) {
    addSession(id);
    for (let count = 0; count < 5; count += 1) await addSegment(id);
  }
  const first = start();
  const second = start();
  await Promise.all(['a', 'b', 'c'].flatMap((id) => [first.whenDelivered(id), second.whenDelivered(id)]));
  expect(target.arrived).toHaveLength(18);
  expect(target.mostUnderWay).toBeLessThanOrEqual(2);
  expect(outbox.log.filter((line) => line.startsWith('acknowledged'))).toHaveLength(18);
});

test('[SEND-15] a lock that fails is told and asked again later', async () => {
  let refusals = 1;
  const { clock, start, addSession } = setUp({
    lock: async (work) => {
      refusals -= 1;
      if (refusals >= 0) throw new DOMException('not here', 'SecurityError');
      await work();
    },
  });
  addSession('a');
  const uploader = start();
  await next(uploader, 'error');
  await expect.poll(() => clock.nextMs).toBe(1000);
  clock.advance(1000);
  await uploader.whenDelivered('a');
});
