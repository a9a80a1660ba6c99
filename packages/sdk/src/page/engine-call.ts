import { type Remote, wrap } from 'comlink';
import { fromErrorFacts } from '../core/errors.ts';
import type { Answer, AnsweredCalls, EngineCalls } from '../core/messages/page-engine.ts';
import { abortable, throwIfAborted } from './abortable.ts';

/** A call of the engine, by name, as the rest of the page makes it. */
export interface Engine {
  call<Name extends keyof EngineCalls>(
    name: Name,
    args: Parameters<EngineCalls[Name]>,
    options?: { signal?: AbortSignal | undefined },
  ): Promise<Awaited<ReturnType<EngineCalls[Name]>>>;
}

/**
 * Calls over Comlink that always settle: with the answer, with the error's own code, with the worker's death, or with
 * the caller's signal. Comlink alone waits for ever when the worker dies.
 */
export function createEngine(port: MessagePort, died: Promise<never>): Engine {
  const remote: Remote<AnsweredCalls> = wrap<AnsweredCalls>(port);
  return {
    async call(name, args, { signal } = {}) {
      throwIfAborted(signal);
      const call = remote[name] as (...args: unknown[]) => Promise<Answer<never>>;
      const answer = await abortable(Promise.race([call(...args), died]), signal);
      if ('error' in answer) throw fromErrorFacts(answer.error);
      return answer.value;
    },
  };
}
