import { httpTarget } from 'turntape';
import type { Session } from 'turntape';
import { SESSION_EVENT_NAMES } from '@turntape/element';
import { TurnTape } from '@turntape/element/define';
import { TurnTapePlayer } from '@turntape/element/player';
import { DemoCaption } from './demo-caption.ts';
import { DemoEventLog } from './demo-event-log.ts';
import { DemoLatency } from './demo-latency.ts';
import { DemoRows } from './demo-rows.ts';
import { DemoStatus } from './demo-status.ts';
import { DemoTabs } from './demo-tabs.ts';
import { DemoTape } from './demo-tape.ts';
import { DemoTrouble } from './demo-trouble.ts';
import type { TroubleName } from './demo-trouble.ts';
import { earlierTalk } from './earlier-talk.ts';
import { Inspection } from './inspection.ts';
import type { BothSides } from './inspection.ts';
import { offerInstall } from './install.ts';
import { LiveSession } from './live-session.ts';
import { proofOf } from './proof.ts';
import { SERVER_BASE, serverHeaders } from './server.ts';
import { Voice } from './speech/voice.ts';
import { TalkingBot } from './talking-bot.ts';
import type { BotNews } from './talking-bot.ts';
import { missingMs, tapeOf } from './tape.ts';
import { FullDisk } from './trouble/full-disk.ts';
import { NetworkPlug } from './trouble/network-plug.ts';
import { Trouble } from './trouble/trouble.ts';

/** Wires the page: the element records, the bot answers, the inspector shows both sides, and trouble is made. */

const recorder = part('turn-tape', TurnTape);
const caption = part('demo-caption', DemoCaption);
const tape = part('demo-tape', DemoTape);
const troublePanel = part('demo-trouble', DemoTrouble);
const latency = part('demo-latency', DemoLatency);
const player = part('turn-tape-player', TurnTapePlayer);
const rows = part('demo-rows', DemoRows);
const log = part('demo-event-log', DemoEventLog);
const status = part('demo-status', DemoStatus);

const disk = new FullDisk();
const plug = new NetworkPlug();
const trouble = new Trouble({
  plug,
  disk,
  revokeConsent: (choice) => recorder.revokeConsent(choice),
  missingMs: () => live && missingMs(live.facts.gaps),
  show: (state) => {
    troublePanel.trouble = state;
    status.unplugged = state.unplugged;
  },
  changed: () => inspection.refreshSoon(),
});

let sides: BothSides | undefined;
let live: LiveSession | undefined;
let bot: TalkingBot | undefined;
let drawing = false;
/** How many segments the player has read. */
let reviewed: number | undefined;

const inspection = new Inspection({
  inspected: recorder,
  fetch: plug.fetch,
  show: (now) => {
    sides = now;
    rows.stored = now.stored;
    rows.rows = now.rows;
    rows.server = now.server;
    rows.failure = now.failure;
    tape.sessions = now.sessions;
    tape.chosen = now.chosen;
    // Read once, and again as it grows.
    player.recorder = recorder.recorder;
    if (player.sessionId !== now.chosen) player.sessionId = now.chosen;
    else if (now.stored?.segments.length !== reviewed) void player.reload();
    reviewed = now.stored?.segments.length;
    latency.tapes = now.sessions.map((stored) => tapeOf(stored, undefined));
    // What is spoken while nothing can be written has no row yet.
    const kept = new Set(now.rows.map(({ device }) => device?.turnId));
    const spoken = live?.sessionId === now.chosen ? (live?.facts.turns ?? []) : [];
    const unkept = spoken.filter(({ turnId, endMs }) => endMs !== undefined && !kept.has(turnId));
    troublePanel.proof = proofOf(now.rows, disk.full ? unkept.length : 0);
    status.server =
      now.server === undefined ? status.server : now.server.state === 'unreachable' ? 'unreachable' : 'connected';
    status.waiting = now.waiting;
    drawTape();
  },
});

recorder.options = {
  target: httpTarget(SERVER_BASE, { headers: serverHeaders, fetch: plug.fetch }),
  backgroundSync: true,
};
trouble.begin().catch((thrown: unknown) => log.add('trouble', thrown));
part('demo-tabs', DemoTabs).tabs = [
  { name: 'Both sides', panel: 'sides' },
  { name: 'Listen', panel: 'listen' },
  { name: 'How fast', panel: 'fast' },
  { name: 'Every event', panel: 'events' },
];

player.texts = {
  user: 'You',
  idle: 'Talk first. Then listen here: both voices on one tape, and what was never heard.',
  empty: 'Nothing was said yet.',
};

const voice = new Voice();
voice.ready.then(
  () => (caption.voice = 'ready'),
  (thrown: unknown) => {
    caption.voice = 'failed';
    caption.failure = thrown instanceof Error ? thrown.message : String(thrown);
  },
);

recorder.addEventListener('session-start', (event) => {
  const { session } = (event as CustomEvent<{ session: Session }>).detail;
  const earlier = earlierTalk(sides?.sessions ?? []);
  bot?.dispose();
  live?.dispose();
  live = new LiveSession(session, drawTape);
  bot = new TalkingBot(session, voice, tell);
  caption.clear();
  caption.live = true;
  tape.live = true;
  bot.greet(earlier);
  inspection.choose(session.sessionId);
});

recorder.addEventListener('state', (event) => {
  const ended = (event as CustomEvent<{ state: string }>).detail.state === 'ended';
  caption.live = !ended;
  tape.live = !ended;
});

caption.addEventListener('demo-interrupt', () => {
  bot?.interrupt().catch((thrown: unknown) => tell({ type: 'failed', message: String(thrown) }));
});
tape.addEventListener('demo-choose-session', (event) => {
  inspection.choose((event as CustomEvent<{ sessionId: string }>).detail.sessionId);
});
troublePanel.addEventListener('demo-trouble', (event) => {
  void trouble.make((event as CustomEvent<{ name: TroubleName }>).detail.name);
});
troublePanel.addEventListener('demo-erase', () => void trouble.erase());

for (const name of SESSION_EVENT_NAMES) {
  recorder.addEventListener(name, (event) => {
    log.add(name, (event as CustomEvent<unknown>).detail);
    if (name !== 'level') inspection.refreshSoon();
  });
}

offerInstall(part('#install', HTMLButtonElement)).catch((thrown: unknown) => log.add('service-worker', thrown));

/** At most once in a frame: levels come far more often. */
function drawTape(): void {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    tape.tape = tapeOf(sides?.stored, live && live.sessionId === sides?.chosen ? live.facts : undefined);
  });
}

/** A part of the page; `index.html` holds each once. */
function part<Part extends HTMLElement>(selector: string, type: new () => Part): Part {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page has no ${selector}.`);
  return found;
}

function tell(news: BotNews): void {
  switch (news.type) {
    case 'speech':
      caption.speech(news.turnId, news.sentences);
      break;
    case 'sounding':
      caption.sounding(news.turnId);
      break;
    case 'finished':
      caption.finished(news.turnId, news.cut, news.text);
      inspection.refreshSoon();
      break;
    case 'failed':
      caption.failure = news.message;
      break;
  }
}
