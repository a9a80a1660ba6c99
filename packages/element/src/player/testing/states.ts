import type { ReviewSource } from '../review-source.ts';
import { ReviewError } from '../review-source.ts';
import type { TurnTapePlayer } from '../turn-tape-player.ts';
import { type ScriptedTurn, WORKSHOP, anHour } from './scripted-calls.ts';
import { ScriptedReview } from './scripted-review.ts';

/**
 * A state of `<turn-tape-player>` that can be put on the screen without a recording, the same at every run. The element must
 * be defined; the caller imports `player/index.ts`. Two states play: the page must have been clicked once, or the browser
 * be started with `--autoplay-policy=no-user-gesture-required`.
 */
export interface PlayerState {
  /** Fit for a file name. */
  readonly name: string;
  /** What is to be seen, in a sentence. */
  readonly says: string;
  /** Makes the element in `root` and settles when it is drawn. */
  show(root: HTMLElement): Promise<PlayerStateShown>;
}

/** A state on the screen. */
export interface PlayerStateShown {
  element: TurnTapePlayer;
  /** Takes it away again. */
  leave: () => void;
}

const state = (name: string, says: string, act: (element: TurnTapePlayer) => Promise<unknown>): PlayerState => ({
  name,
  says,
  show: async (root) => {
    const element = document.createElement('turn-tape-player');
    root.append(element);
    await element.updateComplete;
    await act(element);
    await element.updateComplete;
    return { element, leave: () => element.remove() };
  },
});

/** Gives the element a scripted session and waits for it. */
async function open(
  element: TurnTapePlayer,
  turns: readonly ScriptedTurn[],
  options: { live?: boolean } = {},
): Promise<ScriptedReview> {
  const review = new ScriptedReview(turns, options);
  element.recorder = review;
  element.sessionId = review.sessionId;
  await until(element, () => element.phase === 'ready');
  await outlines(element);
  return review;
}

/** Settles when what is asked for is so, looking at each frame. */
export async function until(element: TurnTapePlayer, isSo: () => boolean): Promise<void> {
  for (;;) {
    await element.updateComplete;
    if (isSo()) return;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

/** Every outline that can be had is drawn. */
async function outlines(element: TurnTapePlayer): Promise<void> {
  const files = element.review?.turns
    .flatMap(({ parts, tails }) => [...parts, ...tails])
    .filter(({ audio, url }) => audio === 'file' && url === undefined);
  await until(element, () => element.stats.outlines >= (files?.length ?? 0));
  await new Promise((resolve) => requestAnimationFrame(resolve));
}

/** Changes one turn of a script. */
function put(turns: ScriptedTurn[], index: number, over: Partial<ScriptedTurn>): void {
  const turn = turns[index];
  if (turn) turns[index] = { ...turn, ...over };
}

/** A source that answers in one way only. */
const refusing = (code: ReviewError['code']): ReviewSource => ({
  load: () => Promise.reject(new ReviewError(code, code)),
  audio: () => Promise.resolve(undefined),
});

async function fail(element: TurnTapePlayer, source: ReviewSource): Promise<void> {
  element.source = source;
  await until(element, () => element.phase === 'failed');
}

/** Every state, in the order in which a person may come upon it. */
export const PLAYER_STATES: readonly PlayerState[] = [
  state('idle', 'No session is chosen.', (element) => until(element, () => element.phase === 'idle')),
  state('loading', 'The session is being read.', (element) => {
    element.source = { load: () => new Promise(() => undefined), audio: () => Promise.resolve(undefined) };
    return until(element, () => element.phase === 'loading');
  }),
  state('empty', 'Nothing was said.', (element) => open(element, [])),
  state('ready', 'Two interruptions, and of one what nobody heard.', (element) => open(element, WORKSHOP)),
  state('live', 'The session still runs.', (element) => open(element, WORKSHOP.slice(0, 4), { live: true })),
  state('playing', 'It plays, and the transcript follows.', async (element) => {
    await open(element, WORKSHOP);
    element.seek(15_600);
    await element.play();
    await until(element, () => element.state === 'playing' && element.positionMs > 16_000);
  }),
  state('seeking', 'It shall play from another place, whose audio is not there yet.', async (element) => {
    const review = await open(element, WORKSHOP);
    review.gate = new Promise(() => undefined);
    element.seek(22_000);
    await element.play();
    await until(element, () => element.state === 'waiting');
  }),
  state('unheard-tail', 'Closer: the bot was cut, and what nobody heard is a ghost.', async (element) => {
    await open(element, WORKSHOP);
    element.seek(12_900);
    for (const _ of [1, 2]) element.dispatchEvent(new KeyboardEvent('keydown', { key: '+' }));
    await outlines(element);
  }),
  state('gap-mute-redaction', 'A gap, a mute and a redaction, each as what it is.', (element) => {
    const turns = [...WORKSHOP];
    put(turns, 1, { gaps: [{ startMs: 1500, endMs: 2900, cause: 'microphone_changed' }] });
    put(turns, 4, { marks: [{ startMs: 1800, endMs: 4200, kind: 'redaction' }] });
    put(turns, 7, { marks: [{ startMs: 300, endMs: 2300, kind: 'mute' }] });
    return open(element, turns);
  }),
  state('gone', 'Some audio is not here any more, and one turn was never heard.', async (element) => {
    const turns: ScriptedTurn[] = [
      ...WORKSHOP,
      { speaker: 'bot', startMs: 37_200, ms: 0, unheard: true, unheardMs: 1800, text: 'One more thing' },
    ];
    put(turns, 1, { goneTo: 'https://api.example.com/v1/segments/0f8b/audio' });
    put(turns, 5, { wordsOnly: true });
    await open(element, turns);
    await until(element, () => element.shadowRoot?.querySelectorAll('[part~="gone"]').length === 2);
  }),
  state('sealed', 'The audio is sealed for the backend.', (element) =>
    open(
      element,
      WORKSHOP.map((turn) => ({ ...turn, tail: false, sealed: true })),
    ),
  ),
  state('unauthorized', 'The server refuses.', (element) => fail(element, refusing('unauthorized'))),
  state('not-found', 'There is no such session.', (element) =>
    fail(element, { load: () => Promise.resolve(undefined), audio: () => Promise.resolve(undefined) }),
  ),
  state('offline', 'The server cannot be reached.', (element) => fail(element, refusing('network'))),
  state('hour', 'An hour, of which two minutes are seen.', async (element) => {
    await open(element, anHour());
    element.seek(1_805_000);
    await outlines(element);
  }),
];
