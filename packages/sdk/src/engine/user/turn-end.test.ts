import { expect, test } from 'vitest';
import { TurnTracker } from '../../core/turn-tracker.ts';
import { scriptedSettings } from '../../scripted/session.ts';
import type { SpeechFact } from '../vad/detector.ts';
import { UserVoice } from './user-voice.ts';

/** Frames are milliseconds. */
const TIMEOUT_MS = 3000;

/** The detector's facts in, the tracker's turns out; the app answers when the test says so. */
function conversation({ asks = true } = {}) {
  const settings = scriptedSettings('s', { bargeIn: { mode: 'cut' } });
  const tracker = new TurnTracker({ ...settings.turns, clockRate: 1000 });
  const told: string[] = [];
  const asked: { askId: number; turnId: string; end: number }[] = [];
  const withdrawn: number[] = [];
  const commands: string[] = [];
  let now = 0;
  let ids = 0;
  const voice: UserVoice = new UserVoice({
    settings,
    clockRate: 1000,
    newId: () => `turn ${(ids += 1)}`,
    feed: (fact) => {
      const news = tracker.feed(fact);
      for (const item of news)
        if (item.type === 'turn-start') told.push(`${item.turn.turnId} from ${item.turn.start}`);
        else if (item.type === 'turn-end') told.push(`${item.turn.turnId} to ${item.turn.end}`);
        else if (item.type === 'vad-start' || item.type === 'vad-stop')
          told.push(`${item.type} ${item.decided}${item.type === 'vad-stop' && item.misfire ? ' misfire' : ''}`);
      voice.take(news);
    },
    obey: (command) => commands.push(command),
    turnEnd: asks
      ? {
          timeoutFrames: TIMEOUT_MS,
          now: () => now,
          ask: (question) => asked.push(question),
          withdraw: (askId) => withdrawn.push(askId),
        }
      : undefined,
  });
  const until = (at: number): void => {
    now = at;
    voice.advanced(at, at);
    tracker.feed({ type: 'advanced', speaker: 'user', to: at });
  };
  const detect = (at: number, fact: SpeechFact): void => {
    until(at);
    voice.detected(fact);
  };
  return {
    voice,
    told,
    asked,
    withdrawn,
    commands,
    until,
    start: (at: number) => detect(at, { type: 'start', onset: at - 32, decided: at }),
    confirm: (at: number) => detect(at, { type: 'confirmed', at }),
    /** 800 ms of silence lie behind it. */
    end: (at: number, misfire = false) => detect(at, { type: 'end', end: at - 800, decided: at, misfire }),
    mark: (type: 'manual-start' | 'manual-end', at: number) =>
      voice.take(
        tracker.feed(
          type === 'manual-start' ? { type, speaker: 'user', at, turnId: 'marked' } : { type, speaker: 'user', at },
        ),
      ),
  };
}

function speech(it: ReturnType<typeof conversation>, from: number, to: number): void {
  it.start(from + 32);
  it.confirm(from + 250);
  it.end(to + 800);
}

test('[TURN-23] who speaks on before the app has said that the turn is over goes on with it: one turn, one start, one stop', () => {
  const plain = conversation({ asks: false });
  const it = conversation();
  for (const each of [plain, it]) {
    speech(each, 1000, 2000);
    speech(each, 3500, 4500);
  }
  expect(plain.told.filter((news) => news.includes('from'))).toEqual(['turn 1 from 1000', 'turn 2 from 3500']);
  expect(it.asked.map(({ turnId, end }) => [turnId, end])).toEqual([
    ['turn 1', 2000],
    ['turn 1', 4500],
  ]);
  expect(it.withdrawn).toEqual([1]);
  it.voice.turnEnds(1); // too late
  it.until(5600);
  it.voice.turnEnds(2);
  expect(it.told).toEqual(['vad-start 1032', 'turn 1 from 1000', 'vad-stop 5600', 'turn 1 to 4500']);
});

test('[TURN-24] without an answer the turn ends when the time is up, at the end of its speech', () => {
  const it = conversation();
  speech(it, 1000, 2000);
  it.until(2800 + TIMEOUT_MS - 1);
  expect(it.told).toHaveLength(2);
  it.until(2800 + TIMEOUT_MS);
  expect(it.told.slice(2)).toEqual([`vad-stop ${2800 + TIMEOUT_MS}`, 'turn 1 to 2000']);
  expect(it.withdrawn).toEqual([1]);
});

test('[TURN-25] a noise during the pause neither answers nor ends it; an answer that comes meanwhile counts after it', () => {
  const it = conversation();
  speech(it, 1000, 2000);
  it.start(3000);
  it.voice.turnEnds(1);
  expect(it.told).toHaveLength(2);
  it.end(3900, true);
  expect(it.told.slice(2)).toEqual(['vad-stop 3900', 'turn 1 to 2000']);
  expect(it.asked).toHaveLength(1);
  speech(it, 5000, 6000);
  expect(it.told.slice(4)).toEqual(['vad-start 5032', 'turn 2 from 5000']);
});

test('[TURN-25] a noise outlasts the time: the turn ends when it is over, and when it was speech goes on', () => {
  const [noise, word] = [conversation(), conversation()];
  for (const it of [noise, word]) {
    speech(it, 1000, 2000);
    it.start(5700);
    it.until(5900);
    expect(it.told).toHaveLength(2);
  }
  noise.end(6600, true);
  expect(noise.told.slice(2)).toEqual(['vad-stop 6600', 'turn 1 to 2000']);
  word.confirm(5950);
  word.until(20_000);
  expect(word.told).toHaveLength(2);
});

test('[TURN-26] the bot is cut as ever: the pause is silence to the barge-in policy, and what follows a start', () => {
  const it = conversation();
  speech(it, 1000, 2000);
  it.voice.botSounds(true, 3000);
  expect(it.commands).toEqual([]);
  it.start(3200);
  expect(it.commands).toEqual(['cut']);
});

test('[TURN-27] what else ends the turn leaves nothing held back: the backend, the app, the session', () => {
  const server = conversation();
  speech(server, 1000, 2000);
  server.until(3000);
  server.voice.serverSaid(false, 3000);
  expect(server.told.slice(2)).toEqual(['vad-stop 3000', 'turn 1 to 2000']);
  const app = conversation();
  speech(app, 1000, 2000);
  app.mark('manual-start', 3000);
  expect(app.withdrawn).toEqual([1]);
  const session = conversation();
  speech(session, 1000, 2000);
  session.voice.finish();
  expect(session.told.slice(2)).toEqual(['vad-stop 2800', 'turn 1 to 2000']);
  for (const it of [server, session]) {
    speech(it, 8000, 9000);
    expect(it.told.slice(4)).toEqual(['vad-start 8032', 'turn 2 from 8000']);
  }
});

test('[TURN-27] nobody is asked of a turn that the app has marked', () => {
  const it = conversation();
  it.mark('manual-start', 500);
  speech(it, 1000, 2000);
  expect(it.asked).toEqual([]);
});
