import { TurntapeError } from 'turntape';
import type { TurntapeErrorCode } from 'turntape';
import type { TurnTape } from '../turn-tape.ts';
import { converse } from './conversation.ts';
import type { ConversationOptions } from './conversation.ts';
import { type ElementState, state } from './element-state.ts';
import { NOTHING_PENDING, type ScriptedRecorder } from './scripted-recorder.ts';
import type { ScriptedSession } from './scripted-session.ts';

/** A start that fails: the failure is shown, and that is the state. */
const refuse =
  (thrown: Error) =>
  async (element: TurnTape, recorder: ScriptedRecorder): Promise<void> => {
    recorder.refusal = thrown;
    await Promise.allSettled([element.start()]);
  };

/** A start that fails with a code. */
const failing = (code: TurntapeErrorCode, says: string, cause?: Error): ElementState =>
  state(`failure-${code.replaceAll('_', '-')}`, says, { act: refuse(new TurntapeError(code, says, { cause })) });

const conversation =
  (options?: ConversationOptions) =>
  (session: ScriptedSession): void => {
    converse(session, options);
  };

const waiting = { ...NOTHING_PENDING, pending: 5, pendingSegments: 2, pendingBytes: 41_000, acknowledgedSegments: 3 };

/** Every state, in the order of a conversation. */
export const ELEMENT_STATES: readonly ElementState[] = [
  state('idle', 'Ready, and nothing recorded yet.', {}),
  state('consent', 'Nothing is captured before a person agreed to the text.', {
    prepare: (element) => {
      element.consent = 'required';
      element.innerHTML =
        '<p slot="consent">We record this conversation to improve our service. The recording is deleted after 30 days.</p>';
    },
  }),
  state('asking', 'The browser asks for the microphone.', {
    act: (element, recorder) => {
      recorder.gate = new Promise(() => undefined);
      element.start().catch(() => undefined);
    },
  }),
  failing('microphone_denied', 'The person has blocked the microphone.'),
  state('failure-microphone-dismissed', 'The question for the microphone was closed.', {
    act: refuse(
      new TurntapeError('microphone_denied', 'dismissed', {
        cause: new DOMException('Permission dismissed', 'NotAllowedError'),
      }),
    ),
  }),
  state('failure-microphone-system', 'The operating system keeps the browser from the microphone.', {
    act: refuse(
      new TurntapeError('microphone_denied', 'by the system', {
        cause: new DOMException('Permission denied by system', 'NotAllowedError'),
      }),
    ),
  }),
  state('failure-microphone-policy', 'The page may not use the microphone.', {
    act: refuse(
      new TurntapeError('microphone_denied', 'by policy', { cause: new DOMException('insecure', 'SecurityError') }),
    ),
  }),
  failing('microphone_not_found', 'There is no microphone.'),
  failing('microphone_busy', 'Another program has the microphone.'),
  failing('storage_full', 'The device is full.'),
  failing('asset_not_found', 'A file of the recorder is missing: only the page’s maker can mend it.'),
  state('recording', 'A session has begun and nobody has spoken yet.', {
    record: (session) => void converse(session, { turns: 0 }),
  }),
  state('user-speaking', 'The user speaks.', { record: conversation({ turns: 2, open: true }) }),
  state('bot-speaking', 'The bot speaks.', { record: conversation({ turns: 5, open: true }) }),
  state('interrupted', 'The user has cut the bot.', { record: conversation({ turns: 4, open: true }) }),
  state('muted', 'The user is muted.', {
    record: async (session) => {
      const { nowMs } = converse(session, { turns: 3 });
      await session.mute();
      session.speak('user', nowMs, nowMs + 2400, () => Number.NEGATIVE_INFINITY);
      session.speak('bot', nowMs, nowMs + 2400, () => Number.NEGATIVE_INFINITY);
    },
  }),
  state('deafened', 'The bot’s sound is off, and was softer before that.', {
    record: async (session) => {
      session.bot.setVolume(0.4);
      const { nowMs } = converse(session, { turns: 3 });
      await session.deafen();
      session.speak('user', nowMs, nowMs + 2400, () => Number.NEGATIVE_INFINITY);
      session.speak('bot', nowMs, nowMs + 2400, () => Number.NEGATIVE_INFINITY);
    },
  }),
  state('microphone-silent', 'The microphone gives no sound.', {
    record: (session) => {
      converse(session, { turns: 1 });
      session.emit('microphone', { state: 'silent', label: 'Built-in Microphone' });
    },
  }),
  state('microphone-lost', 'The microphone is gone.', {
    record: (session) => {
      const { nowMs } = converse(session, { turns: 2 });
      session.emit('gap', { startMs: nowMs - 900, endMs: nowMs, cause: 'microphone_lost', speaker: 'user' });
      session.emit('microphone', { state: 'lost', label: 'Studio Headset' });
    },
  }),
  state('on-hold', 'The browser has put the sound on hold.', {
    record: (session) => {
      converse(session, { turns: 2 });
      session.emit('state', { state: 'suspended' });
    },
  }),
  state('system-interruption', 'A call has taken the sound.', {
    record: (session) => {
      converse(session, { turns: 2 });
      session.emit('state', { state: 'interrupted' });
    },
  }),
  state('push-to-talk', 'The key to talk, not held.', {
    prepare: (element) => (element.pushToTalk = true),
    record: conversation({ turns: 3 }),
  }),
  state('push-to-talk-held', 'The key to talk is held.', {
    prepare: (element) => (element.pushToTalk = true),
    record: async (session, _recorder, element) => {
      converse(session, { turns: 3 });
      await element.updateComplete;
      const key = element.shadowRoot?.querySelector('[part~="talk-button"]');
      key?.dispatchEvent(new KeyboardEvent('keydown', { key: ' ', bubbles: true }));
    },
  }),
  state('vad-failed', 'The detector could not be loaded, and the recording goes on.', {
    record: (session) => {
      converse(session, { turns: 1 });
      session.emit('error', { error: new TurntapeError('vad_failed', 'the model failed') });
    },
  }),
  state('low-space', 'The device has little room left.', {
    record: (session) => {
      converse(session, { turns: 2 });
      const bytes = { usageBytes: 990e6, quotaBytes: 1e9, freeBytes: 10e6, bytesPerMinute: 480e3 };
      session.emit('low-space', { ...bytes, minutesLeft: 20.8 });
    },
  }),
  state('device-full', 'The device is full, and what is said waits in memory.', {
    record: (session) => {
      const { nowMs } = converse(session, { turns: 2 });
      session.emit('low-space', {
        usageBytes: 1e9,
        quotaBytes: 1e9,
        freeBytes: 0,
        bytesPerMinute: 480e3,
        minutesLeft: 0,
      });
      const turn = session.startTurn('turn-3', 'user', nowMs);
      session.endTurn(turn, nowMs + 1800);
      const error = new TurntapeError('storage_full', 'turn-3 waits for room');
      session.emit('error', { error });
    },
  }),
  state('delivering', 'Turns are on their way to the server.', {
    record: (session, recorder) => {
      converse(session, { turns: 5, deliver: false });
      for (const segmentId of ['segment-1', 'segment-2'])
        session.emit('segment-acknowledged', { segmentId, audioUrl: undefined });
      session.emit('segment-sent', { segmentId: 'segment-3' });
      recorder.emit('outbox', { ...waiting, pendingSegments: 3, remainingMs: 12_000 });
    },
  }),
  state('offline', 'No network: turns wait on this device, and so do those of an earlier visit.', {
    record: (session, recorder) => {
      converse(session, { turns: 4, deliver: false });
      recorder.emit('outbox', { ...waiting, pendingSegments: 7 });
      window.dispatchEvent(new Event('offline'));
    },
    leave: () => window.dispatchEvent(new Event('online')),
  }),
  state('server-down', 'The server does not answer.', {
    record: (session, recorder) => {
      converse(session, { turns: 4, deliver: false });
      recorder.emit('outbox', { ...waiting, pendingSegments: 4, restsUntilMs: Date.now() + 20_400 });
    },
  }),
  state('unauthorized', 'The server does not accept the token.', {
    record: (session, recorder) => {
      converse(session, { turns: 3, deliver: false });
      recorder.emit('outbox', { ...waiting, pendingSegments: 3 });
      recorder.emit('error', { error: new TurntapeError('unauthorized', '401') });
    },
  }),
  state('rejected', 'The server has refused a turn.', {
    record: (session) => {
      converse(session, { turns: 4 });
      const turn = session.startTurn('turn-9', 'user', 14_000);
      session.endTurn(turn, 16_000);
      session.keep(turn, 'segment-9');
      session.emit('segment-rejected', { segmentId: 'segment-9', error: new TurntapeError('rejected', '413') });
    },
  }),
  state('ended', 'The conversation is over, all of it delivered.', {
    record: async (session) => {
      converse(session);
      await session.stop();
    },
  }),
  state('ended-local', 'The conversation is over, on a device without a server.', {
    prepare: (_element, recorder) => (recorder.progress = undefined),
    record: async (session) => {
      converse(session, { deliver: false });
      await session.stop();
    },
  }),
  state('backlog', 'Recordings of an earlier visit are being sent.', {
    prepare: (_element, recorder) => {
      recorder.progress = { ...waiting, pendingSegments: 6, acknowledgedSegments: 2, remainingMs: 9000, sending: 1 };
    },
  }),
  state('withdrawing', 'The question before consent is taken back.', {
    prepare: (element) => (element.consent = 'required'),
    act: async (element, recorder) => {
      await element.grantConsent();
      await element.start();
      converse(recorder.last, { turns: 3 });
      await element.updateComplete;
      element.shadowRoot?.querySelector<HTMLElement>('[part~="withdraw-button"]')?.click();
    },
  }),
  state('erasing', 'The question before a conversation is erased.', {
    record: async (session, _recorder, element) => {
      converse(session);
      await session.stop();
      await element.updateComplete;
      element.shadowRoot?.querySelector<HTMLElement>('[part~="erase-button"]')?.click();
    },
  }),
  state('erased', 'The conversation was erased.', {
    record: async (session, _recorder, element) => {
      converse(session);
      await session.stop();
      await element.erase();
    },
  }),
  state('disabled', 'The form around it is disabled.', { prepare: (element) => (element.disabled = true) }),
];
