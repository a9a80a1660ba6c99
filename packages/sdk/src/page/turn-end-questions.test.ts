import { expect, test } from 'vitest';
import type { TurntapeError } from '../core/errors.ts';
import { type ShouldEndTurn, type TurnEndQuestion, TurnEndQuestions } from './turn-end-questions.ts';

function questions(shouldEndTurn?: ShouldEndTurn) {
  const answered: number[] = [];
  const errors: TurntapeError[] = [];
  const it = new TurnEndQuestions({
    shouldEndTurn,
    answer: (askId) => answered.push(askId),
    fail: (error) => errors.push(error),
  });
  const ask = (askId: number) =>
    it.ask({ type: 'turn-end-asked', askId, sessionId: 's', turnId: 't', endMs: 2000, silenceMs: 800 });
  return { it, ask, answered, errors };
}

test('[TURN-28] a yes goes to the engine, at once or of a promise; a no does not', async () => {
  const asked: TurnEndQuestion[] = [];
  const { ask, answered } = questions((question) => {
    asked.push(question);
    return asked.length === 1 ? true : Promise.resolve(asked.length === 2);
  });
  await Promise.all([ask(1), ask(2), ask(3)]);
  expect(answered).toEqual([1, 2]);
  expect(asked[0]).toMatchObject({ sessionId: 's', turnId: 't', endMs: 2000, silenceMs: 800 });
});

test('[TURN-28] a question that is withdrawn aborts its signal, and its answer is none', async () => {
  let resolve: ((over: boolean) => void) | undefined;
  const promise = new Promise<boolean>((settle) => (resolve = settle));
  const signals: AbortSignal[] = [];
  const { it, ask, answered } = questions(({ signal }) => {
    signals.push(signal);
    return promise;
  });
  const [first, second] = [ask(1), ask(2)];
  it.withdraw(1);
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  resolve?.(true);
  await Promise.all([first, second]);
  expect(answered).toEqual([2]);
  const last = ask(3);
  it.close();
  await last;
  expect([signals[2]?.aborted, answered]).toEqual([true, [2]]);
});

test('[TURN-28] a hook that throws ends the turn and is told, unless it throws because it was told to stop', async () => {
  const cause = new Error('no model');
  const { ask, answered, errors } = questions(() => {
    throw cause;
  });
  await ask(1);
  expect([answered, errors.map(({ code, field }) => [code, field])]).toEqual([
    [1],
    [['invalid_argument', 'shouldEndTurn']],
  ]);
  expect(errors[0]?.cause).toBe(cause);
  const stopped = questions(
    ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped')))),
  );
  const first = stopped.ask(1);
  stopped.it.withdraw(1);
  await first;
  expect([stopped.answered, stopped.errors]).toEqual([[], []]);
});
