import { expect, test } from 'vitest';
import { TurntapeError } from '../core/errors.ts';
import { MemoryOutbox } from '../upload-contract/memory-outbox.ts';
import type { OutboxPayload } from '../upload-contract/outbox.ts';
import { sampleSegmentWithAudio, sampleSession } from '../upload-contract/samples.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { ExitPouch, KEEPALIVE_BYTES } from './exit-pouch.ts';
import { httpTarget } from './targets/http-target.ts';
import { createUploader } from './uploader.ts';

/** A line that takes everything and answers nothing. */
const DEAD: Pick<UploadTarget, 'send' | 'sendSession'> = {
  send: () => new Promise(() => undefined),
  sendSession: () => new Promise(() => undefined),
};

/** A pouch of an outbox, and what left by it. */
function pouchOf(outbox: MemoryOutbox, target: Partial<UploadTarget> = {}) {
  const left: { kind: OutboxPayload['kind']; size: number }[] = [];
  const whole: UploadTarget = {
    ...DEAD,
    sendAtExit: (payload, audio, { bytesLeft }) => {
      const size = (audio?.size ?? 0) + 1000;
      if (size > bytesLeft) return 0;
      left.push({ kind: payload.kind, size: audio?.size ?? 0 });
      return size;
    },
    ...target,
  };
  const uploader = createUploader({ outbox, target: whole, lock: (work) => work() });
  const errors: unknown[] = [];
  const pouch = new ExitPouch({
    outbox,
    target: whole,
    sendable: (most) => uploader.sendable(most),
    onError: (thrown) => errors.push(thrown),
  });
  uploader.on('progress', () => pouch.changed());
  /** Sends; again until so many have left. */
  const leave = async (count: number): Promise<void> => {
    await expect
      .poll(() => {
        left.length = 0;
        pouch.send();
        return left.length;
      })
      .toBe(count);
  };
  return { uploader, pouch, left, errors, leave };
}

async function add(outbox: MemoryOutbox, byteSize: number, sessionId = 's'): Promise<void> {
  const { segment, audio } = await sampleSegmentWithAudio(sessionId, { byteSize });
  outbox.add({ kind: 'segment', segment }, audio);
}

test('[EXIT-4] a page that is left sends what waits, the oldest first, as far as 64 KiB go, and leaves it in the outbox', async () => {
  const outbox = new MemoryOutbox();
  outbox.add({ kind: 'session', session: sampleSession('s') });
  for (const byteSize of [20_000, 50_000, 30_000, 40_000, 5000]) await add(outbox, byteSize);
  const { uploader, left, leave } = pouchOf(outbox);
  await leave(4);
  // What does not fit is left out, and what comes after it has its chance.
  expect(left.map(({ size }) => size)).toEqual([0, 20_000, 30_000, 5000]);
  expect(left.reduce((sum, { size }) => sum + size + 1000, 0)).toBeLessThanOrEqual(KEEPALIVE_BYTES);
  expect(outbox.held).toHaveLength(6);
  expect(outbox.log.filter((line) => line.startsWith('acknowledged'))).toEqual([]);
  await uploader.dispose();
});

test('[EXIT-4] what a backend is asked to erase does not go with a page that is left: the next start asks', async () => {
  const outbox = new MemoryOutbox();
  outbox.add({ kind: 'erasure', sessionId: 'gone' });
  outbox.add({ kind: 'session', session: sampleSession('s') });
  const { uploader, left, leave } = pouchOf(outbox);
  await leave(1);
  expect(left.map(({ kind }) => kind)).toEqual(['session']);
  expect(outbox.held).toHaveLength(2);
  await uploader.dispose();
});

test('[SEND-33] a page that is left takes nothing along that it cannot read, and says nothing of it', async () => {
  const outbox = new MemoryOutbox();
  const said = outbox.add({ kind: 'session', session: sampleSession('s') });
  await add(outbox, 100);
  await add(outbox, 200);
  const sizes: (number | undefined)[] = [];
  const errors: unknown[] = [];
  let files = 0;
  const pouch = new ExitPouch({
    outbox: {
      item: async (seq) => {
        const item = await outbox.item(seq);
        return item && seq === said.seq ? { ...item, unreadable: true } : item;
      },
      audio: async (segmentId) => {
        files += 1;
        if (files === 1) throw new TurntapeError('undecryptable', 'no key');
        return outbox.audio(segmentId);
      },
      mayLeave: (item) => outbox.mayLeave(item),
    },
    target: { ...DEAD, sendAtExit: (_payload, audio) => sizes.push(audio?.size) },
    sendable: () => outbox.held,
    onError: (thrown) => errors.push(thrown),
  });
  pouch.changed();
  await expect.poll(() => (sizes.splice(0), pouch.send(), sizes)).toEqual([200]);
  expect(errors).toEqual([]);
});

test('[EXIT-7] what the app holds back, a token was refused for, or the backend asked time for, is not sent by a page that goes', async () => {
  for (const hold of ['pause', 'refused', 'asked'] as const) {
    const outbox = new MemoryOutbox();
    await add(outbox, 100, 'held');
    await add(outbox, 200, 'free');
    const code = hold === 'refused' ? 'unauthorized' : 'server_error';
    const target: Partial<UploadTarget> = {
      send: async (segment) => {
        if (segment.session_id === 'held' && hold !== 'pause') throw new TurntapeError(code, 'no', { retryable: true });
        return new Promise(() => undefined);
      },
    };
    const { uploader, pouch, left, leave } = pouchOf(outbox, target);
    if (hold === 'pause') uploader.pause('held');
    pouch.changed();
    await leave(1);
    expect(
      left.map(({ size }) => size),
      hold,
    ).toEqual([200]);
    await uploader.dispose();
  }
});

test('[EXIT-7] what has left the outbox is not sent again, and a large backlog is left to the next start', async () => {
  const outbox = new MemoryOutbox();
  for (let each = 0; each < 20; each += 1) await add(outbox, 10);
  const { uploader, leave, errors } = pouchOf(outbox);
  await leave(20);
  await add(outbox, 10);
  uploader.nudge();
  await leave(0);
  outbox.erase(1);
  outbox.erase(2);
  uploader.nudge();
  await leave(19);
  expect(errors).toEqual([]);
  await uploader.dispose();
});

test('[EXIT-8] what was erased or cancelled does not leave with a page, not even what was being read of it', async () => {
  const outbox = new MemoryOutbox();
  for (const sessionId of ['a', 'b', 'b']) await add(outbox, 100, sessionId);
  const { uploader, pouch, left, leave } = pouchOf(outbox);
  await leave(3);
  const send = (): number => {
    left.length = 0;
    pouch.send();
    return left.length;
  };
  let goOn: (() => void) | undefined;
  let asked = 0;
  const audio = outbox.audio.bind(outbox);
  outbox.audio = async (segmentId) => {
    const bytes = await audio(segmentId);
    asked += 1;
    await new Promise<void>((resolve) => (goOn = resolve));
    return bytes;
  };
  await add(outbox, 100, 'a');
  uploader.nudge();
  await expect.poll(() => asked).toBe(1);
  for (const { seq, sessionId } of outbox.held) if (sessionId === 'a') outbox.erase(seq);
  uploader.erased('a');
  pouch.drop({ sessionId: 'a' });
  expect(send()).toBe(2);
  pouch.drop({ seq: 2 });
  expect(send()).toBe(1);
  // What is still to be sent is taken up again, once what was read of the erased one has been thrown away.
  goOn?.();
  outbox.audio = audio;
  await leave(2);
  await uploader.dispose();
});

test('[EXIT-8] what was erased while its file was being read is not held, not even until the next file is read', async () => {
  const outbox = new MemoryOutbox();
  for (const sessionId of ['erased', 'kept']) await add(outbox, 100, sessionId);
  const reads: (() => void)[] = [];
  const left: string[] = [];
  const pouch = new ExitPouch({
    outbox: {
      item: (seq) => outbox.item(seq),
      audio: async (segmentId) => {
        await new Promise<void>((resolve) => reads.push(resolve));
        return outbox.audio(segmentId);
      },
      mayLeave: (item) => outbox.mayLeave(item),
    },
    target: { ...DEAD, sendAtExit: (payload) => left.push(payload.kind) },
    sendable: () => outbox.held,
    onError: (thrown) => expect.unreachable(String(thrown)),
  });
  pouch.changed();
  await expect.poll(() => reads.length).toBe(1);
  pouch.drop({ sessionId: 'erased' });
  reads[0]?.();
  await expect.poll(() => reads.length).toBe(2);
  pouch.send();
  expect(left).toEqual([]);
});

test('[EXIT-9] what a page holds ready is marked before its file is read, and what is not to be sent any more is not held', async () => {
  const outbox = new MemoryOutbox();
  for (let each = 0; each < 2; each += 1) await add(outbox, 100);
  const said: string[] = [];
  const sizes: (number | undefined)[] = [];
  const pouch = new ExitPouch({
    outbox: {
      item: (seq) => outbox.item(seq),
      audio: (segmentId) => (said.push('read'), outbox.audio(segmentId)),
      // The first was rewritten a moment ago.
      mayLeave: async ({ seq }) => (said.push(`marked ${seq}`), seq === 2),
    },
    target: { ...DEAD, sendAtExit: (_payload, audio) => sizes.push(audio?.size) },
    sendable: () => outbox.held,
    onError: (thrown) => expect.unreachable(String(thrown)),
  });
  pouch.changed();
  await expect.poll(() => (sizes.splice(0), pouch.send(), sizes)).toEqual([100]);
  expect(said).toEqual(['marked 1', 'marked 2', 'read']);
});

test('[EXIT-4] httpTarget sends one request with keepalive and its token, counts what a form is framed with, and tries nothing that does not fit', async () => {
  const asked: { url: string; init: RequestInit }[] = [];
  const target = httpTarget('https://voice.example/v1', {
    headers: () => ({ authorization: 'Bearer t' }),
    fetch: async (input, init = {}) => {
      asked.push({ url: input as string, init });
      throw new TypeError('the page is gone');
    },
  });
  const { segment, audio } = await sampleSegmentWithAudio('s', { byteSize: 10_000 });
  const blob = new Blob([audio], { type: 'audio/ogg' });
  const payload = { kind: 'segment', segment } as const;
  expect(target.sendAtExit?.(payload, blob, { bytesLeft: 10_500 })).toBe(0);
  const needed = target.sendAtExit?.(payload, blob, { bytesLeft: KEEPALIVE_BYTES }) ?? 0;
  await expect.poll(() => asked.length).toBe(1);
  const [request] = asked;
  expect(request?.url).toBe('https://voice.example/v1/segments');
  expect(request?.init).toMatchObject({ method: 'POST', keepalive: true });
  expect(new Headers(request?.init.headers).get('authorization')).toBe('Bearer t');
  // As a browser would put it on the line.
  const body = await new Response(request?.init.body).arrayBuffer();
  expect(body.byteLength).toBeLessThanOrEqual(needed);
  expect(
    target.sendAtExit?.({ kind: 'session', session: sampleSession('s') }, undefined, { bytesLeft: 2000 }),
  ).toBeGreaterThan(0);
  expect(target.sendAtExit?.({ kind: 'erasure', sessionId: 's' }, undefined, { bytesLeft: 2000 })).toBe(0);
  await expect.poll(() => asked.length).toBe(2);
  expect(asked[1]?.url).toBe('https://voice.example/v1/sessions');
});
