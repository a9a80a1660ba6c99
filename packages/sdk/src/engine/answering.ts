import { type ErrorFacts, toErrorFacts } from '../core/errors.ts';
import type { Answer, AnsweredCalls, EngineCalls } from '../core/messages/page-engine.ts';

/** The calls as they cross to the page: each settles with its value or with the facts of its error. */
export function answering(calls: EngineCalls): AnsweredCalls {
  const answered = Object.entries(calls).map(([name, call]: [string, (...args: never[]) => Promise<unknown>]) => [
    name,
    (...args: never[]): Promise<Answer<unknown>> =>
      Promise.resolve()
        .then(() => call(...args))
        .then(
          (value) => ({ value }),
          (thrown: unknown): { error: ErrorFacts } => ({ error: toErrorFacts(thrown, 'worker_failed') }),
        ),
  ]);
  return Object.fromEntries(answered) as AnsweredCalls;
}
