import { afterEach, expect, test } from 'vitest';
import { freshDatabase } from '../scripted/fresh-database.ts';
import type { TurntapeDatabase } from '../storage/database.ts';
import { createOutbox } from '../storage/outbox.ts';
import { keepSegment } from '../storage/segments.ts';
import { readSession, startSession } from '../storage/sessions.ts';
import { sampleSegmentWithAudio, sampleSession } from '../upload-contract/samples.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { Delivery } from './delivery/delivery.ts';
import { type ErasureParts, eraseEverything, eraseOne } from './erasure.ts';

/** What an erasure reaches beyond the database: requests under way, and what pages hold ready for their exit. */

let db: TurntapeDatabase;
freshDatabase((opened) => (db = opened));
const open: Delivery[] = [];
afterEach(async () => {
  for (const delivery of open.splice(0)) await delivery.dispose();
});

const ONE = 'a0000000-0000-4000-8000-00000000000a';
const OTHER = 'b0000000-0000-4000-8000-00000000000b';

async function keep(sessionId: string): Promise<void> {
  await startSession(db, sampleSession(sessionId));
  const { segment, audio } = await sampleSegmentWithAudio(sessionId);
  await keepSegment(db, segment, audio);
}

/** A tab whose backend takes session facts and leaves every segment without an answer. */
function openTab() {
  const asked: string[] = [];
  const aborted: string[] = [];
  const left: string[] = [];
  const target: UploadTarget = {
    send: ({ session_id }, _audio, { signal }) => {
      asked.push(session_id);
      signal.addEventListener('abort', () => aborted.push(session_id));
      return new Promise(() => undefined);
    },
    sendSession: async () => undefined,
    eraseSession: async (sessionId) => void asked.push(`erase ${sessionId}`),
    sendAtExit: (payload) => (payload.kind === 'segment' ? left.push(payload.segment.session_id) : 0),
  };
  const delivery = new Delivery(db, target, {
    session: () => undefined,
    onProgress: () => undefined,
    onAcknowledged: () => undefined,
    onRetry: () => undefined,
    onError: () => undefined,
  });
  open.push(delivery);
  delivery.nudge();
  /** What would go with this page now. */
  const leaving = (): string[] => {
    left.length = 0;
    delivery.sendLast();
    return left.toSorted();
  };
  return { delivery, asked, aborted, leaving };
}

const partsOf = (delivery: Delivery, running?: ErasureParts['running']): ErasureParts => {
  return { db, delivery, hasTarget: true, running };
};

test('[OWN-15] of an erased session nothing leaves any more: what is under way is ended, no page takes it along, in no tab', async () => {
  await keep(ONE);
  await keep(OTHER);
  const tab = openTab();
  await expect.poll(() => tab.asked.toSorted()).toEqual([ONE, OTHER]);
  // It waits for the lock of the uploaders, and holds ready for its exit what the other sends.
  const second = openTab();
  await expect.poll(tab.leaving).toEqual([ONE, OTHER]);
  await expect.poll(second.leaving).toEqual([ONE, OTHER]);

  await eraseOne(partsOf(tab.delivery), { sessionId: ONE.toUpperCase() });
  // At once in this tab; as soon as it hears of it in the other.
  expect(tab.leaving()).toEqual([OTHER]);
  await expect.poll(second.leaving).toEqual([OTHER]);
  expect(tab.aborted).toEqual([ONE]);
  expect([await readSession(db, ONE), await readSession(db, OTHER)]).toEqual([
    undefined,
    expect.objectContaining({ session_id: OTHER }),
  ]);

  // Asked for in the tab that does not send: the one that does ends what is under way, and asks the backend.
  await eraseEverything(partsOf(second.delivery));
  expect(second.leaving()).toEqual([]);
  await expect.poll(() => tab.aborted).toEqual([ONE, OTHER]);
  tab.delivery.nudge();
  await expect.poll(() => [...tab.asked, ...second.asked]).toContain(`erase ${OTHER}`);
  expect(tab.leaving()).toEqual([]);
});

test('[OWN-15] what is cancelled is not taken along by a page that goes either', async () => {
  await keep(ONE);
  const tab = openTab();
  await expect.poll(tab.leaving).toEqual([ONE]);
  await tab.delivery.cancel(ONE.toUpperCase());
  expect(tab.leaving()).toEqual([]);
});

test('[OWN-16] a stop that fails keeps nothing from being erased, and is told', async () => {
  await keep(ONE);
  const tab = openTab();
  const running = { sessionId: ONE, stop: () => Promise.reject(new Error('no engine')) };
  await expect(eraseEverything(partsOf(tab.delivery, running))).rejects.toThrow('no engine');
  expect(await readSession(db, ONE)).toBeUndefined();
  expect((await createOutbox(db).items()).every(({ kind }) => kind === 'erasure')).toBe(true);
});

test('[OWN-16] a session is known by its id, however that is written: the one that runs is not erased under it', async () => {
  await keep(ONE);
  const tab = openTab();
  const running = { sessionId: ONE, stop: async () => ({ segments: [] }) };
  const sessionId = ONE.toUpperCase();
  await expect(eraseOne(partsOf(tab.delivery, running), { sessionId })).rejects.toMatchObject({
    code: 'session_active',
  });
  const parts = { ...partsOf(tab.delivery), hasTarget: false };
  await expect(eraseOne(parts, { sessionId, atTarget: true })).rejects.toMatchObject({ code: 'invalid_option' });
  expect(await readSession(db, ONE)).toBeDefined();
});
