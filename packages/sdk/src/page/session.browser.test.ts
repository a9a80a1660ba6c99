import { expect, test } from 'vitest';
import type { SegmentWire } from '../core/wire.ts';
import { sampleSegment } from '../upload-contract/samples.ts';
import { Bot } from './bot.ts';
import { Session, type SessionParts } from './session.ts';
import { Transcripts } from './transcripts.ts';

const unused = (): void => undefined;

/** A session whose engine is the test. */

function started(
  stop: () => Promise<void>,
  recorded: SessionParts['recorded'] = [],
  readKept: SessionParts['kept'] = async () => [],
) {
  const ended: Session[] = [];
  const said: unknown[] = [];
  const bot = new Bot({
    port: { send: (message) => said.push(message) },
    interrupt: async () => undefined,
    attach: () => {
      throw new Error('nothing is attached here');
    },
    openPort: () => new MessageChannel().port1,
    ended: () => false,
  });
  const parts: Partial<SessionParts> = {
    sessionId: crypto.randomUUID(),
    sampled: true,
    recorded,
    bot,
    transcripts: new Transcripts('s', undefined, { requireConsent: unused, onKept: unused, onError: unused }),
    stop,
    kept: readKept,
    ended: (session) => ended.push(session),
    keeper: { told: () => undefined } as unknown as SessionParts['keeper'],
    turnEnd: { ask: () => Promise.resolve(), withdraw: () => undefined, close: () => undefined },
  };
  const session = new Session(parts as SessionParts);
  return { session, ended, utterance: bot.begin() };
}

function stopped(stop: () => Promise<void>) {
  const { session, ...rest } = started(stop);
  return { session, ...rest, settled: session.stop() };
}

test('[LIFE-6] a session is its recorder’s until the engine has said its last word, and what was promised settles with it', async () => {
  const { session, ended, utterance, settled } = stopped(async () => undefined);
  // The engine’s answer is here, its last news are still on their way.
  await new Promise((resolve) => setTimeout(resolve));
  expect([ended, session.state]).toEqual([[], 'stopping']);
  session.take({ type: 'session-closed', sessionId: session.sessionId });
  await settled;
  expect(ended).toEqual([session]);
  expect(session.state).toBe('ended');
  expect(await utterance.done).toMatchObject({ interrupted: true, renderedMs: 0 });
});

test('[LIFE-6] a session whose engine died while it stopped is over as well', async () => {
  const { session, ended, utterance, settled } = stopped(async () => {
    throw new Error('the engine is dead');
  });
  await expect(settled).rejects.toThrow('the engine is dead');
  expect(ended).toEqual([session]);
  expect(await utterance.done).toMatchObject({ interrupted: true });
});

test('[WORD-5] a session is not over before what was heard of its last words is kept', async () => {
  const { session, settled } = stopped(async () => undefined);
  const kept = Promise.withResolvers<void>();
  let asked = false;
  session.transcripts.settled = () => {
    asked = true;
    return kept.promise;
  };
  session.take({ type: 'session-closed', sessionId: session.sessionId });
  await expect.poll(() => asked).toBe(true);
  expect(session.state).toBe('stopping');
  kept.resolve();
  await settled;
  expect(session.state).toBe('ended');
});

test('[IDLE-2] a session that both have left says so and ends as by stop()', async () => {
  const { session, ended } = started(async () => undefined);
  const told: string[] = [];
  session.on('idle', ({ idleMs }) => told.push(`idle ${idleMs}`));
  session.on('state', ({ state }) => told.push(state));
  session.leaveIdle(5000);
  session.take({ type: 'session-closed', sessionId: session.sessionId });
  await session.stop();
  expect(told).toEqual(['idle 5000', 'stopping', 'ended']);
  expect(ended).toEqual([session]);
});

test('[TRACK-1] a session that ends without any sound of a speaker says whose', async () => {
  const told: string[] = [];
  const { session } = started(async () => undefined, ['user', 'bot']);
  session.on('track-empty', ({ speaker }) => told.push(speaker));
  session.on('state', ({ state }) => told.push(state));
  // What the bot was given and nobody heard is a segment without sound, or one that is kept as a tail.
  session.take(kept('user', 9000));
  session.take(kept('bot', 0));
  session.take(kept('bot', 9000, { turn_id: crypto.randomUUID(), utterance_id: 'u', from_ms: 0, to_ms: 900 }));
  session.take({ type: 'session-closed', sessionId: session.sessionId });
  await session.stop();
  expect(told).toEqual(['stopping', 'bot', 'ended']);
});

test('[KEEP-11] a session whose engine died tells what it had kept; one whose storage is gone says so and is over', async () => {
  const told: string[] = [];
  const dead = started(() => Promise.reject(new Error('the engine is dead')));
  dead.session.on('session-kept', ({ segments }) => told.push(`kept ${segments.length}`));
  await expect(dead.session.stop()).rejects.toThrow('the engine is dead');
  const gone = started(
    async () => undefined,
    [],
    () => Promise.reject(new Error('no database')),
  );
  gone.session.on('session-kept', () => told.push('kept, of a database that is gone'));
  gone.session.take({ type: 'session-closed', sessionId: gone.session.sessionId });
  await expect(gone.session.stop()).rejects.toThrow('no database');
  expect([told, gone.session.state, gone.ended]).toEqual([['kept 0'], 'ended', [gone.session]]);
});

function kept(
  speaker: 'user' | 'bot',
  byteSize: number,
  tail?: SegmentWire['unheard_tail'],
): Parameters<Session['take']>[0] {
  const segment = sampleSegment(crypto.randomUUID(), {
    speaker,
    byte_size: byteSize,
    ...(tail && { unheard_tail: tail }),
  });
  return { type: 'segment-kept', sessionId: segment.session_id, segment };
}
