import type { Session } from 'turntape';
import { SESSION_EVENT_NAMES } from '@turntape/element';
import { TurnTape } from '@turntape/element/define';
import { DemoCaption } from './demo-caption.ts';
import { DemoEventLog } from './demo-event-log.ts';
import { DemoRows } from './demo-rows.ts';
import { DemoStatus } from './demo-status.ts';
import { Inspection } from './inspection.ts';
import { serverHeaders } from './server.ts';
import { Voice } from './speech/voice.ts';
import { TalkingBot } from './talking-bot.ts';
import type { BotNews } from './talking-bot.ts';

/** Wires the page: the element records, the bot answers, the inspector shows both sides. */

const recorder = part('turn-tape', TurnTape);
const caption = part('demo-caption', DemoCaption);
const log = part('demo-event-log', DemoEventLog);
const inspection = new Inspection(recorder, part('demo-rows', DemoRows), part('demo-status', DemoStatus));

recorder.headers = serverHeaders;

const voice = new Voice();
voice.ready.then(
  () => (caption.voice = 'ready'),
  (thrown: unknown) => {
    caption.voice = 'failed';
    caption.failure = thrown instanceof Error ? thrown.message : String(thrown);
  },
);

let bot: TalkingBot | undefined;

recorder.addEventListener('session-start', (event) => {
  const { session } = (event as CustomEvent<{ session: Session }>).detail;
  bot?.dispose();
  bot = new TalkingBot(session, voice, tell);
  caption.clear();
  caption.live = true;
  bot.greet();
  inspection.choose(session.sessionId);
});

recorder.addEventListener('state', (event) => {
  caption.live = (event as CustomEvent<{ state: string }>).detail.state !== 'ended';
});

caption.addEventListener('demo-interrupt', () => {
  bot?.interrupt().catch((thrown: unknown) => tell({ type: 'failed', message: String(thrown) }));
});

for (const name of SESSION_EVENT_NAMES) {
  recorder.addEventListener(name, (event) => {
    log.add(name, (event as CustomEvent<unknown>).detail);
    if (name !== 'level') inspection.refreshSoon();
  });
}

/** A part of the page; `index.html` holds each once. */
function part<Part extends HTMLElement>(selector: string, type: new () => Part): Part {
  const found = document.querySelector(selector);
  if (!(found instanceof type)) throw new Error(`The page has no <${selector}>.`);
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
