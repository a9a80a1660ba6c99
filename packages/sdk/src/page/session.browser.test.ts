import { expect, test } from 'vitest';
import { Bot } from './bot.ts';
import { Session, type SessionParts } from './session.ts';

/** A session whose engine is the test. */

function stopped(stop: () => Promise<void>) {
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
    bot,
    stop,
    ended: (session) => ended.push(session),
    keeper: { told: () => undefined } as unknown as SessionParts['keeper'],
  };
  const session = new Session(parts as SessionParts);
  return { session, ended, utterance: bot.begin(), settled: session.stop() };
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
