import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { EmbeddedEngine } from './engine.ts';
import { OPENED, type Call, type Reply } from './engine-calls.ts';

/** Beside the published program; undefined in the sources, which are TypeScript, and a thread does not read that. */
export const ENGINE_WORKER = existing(new URL('./engine.worker.js', import.meta.url));

function existing(url: URL): URL | undefined {
  return existsSync(fileURLToPath(url)) ? url : undefined;
}

/** The database's thread ended: PostgreSQL's code for a server that shut down, so that clients come again. */
const GONE = { code: '57P01', severity: 'FATAL' };

/** An engine in a thread of its own: SQL takes nothing from the thread that serves. */
export async function startEngineThread(program: URL, folder: string): Promise<EmbeddedEngine> {
  const worker = new Worker(program, { workerData: folder });
  const waiting = new Map<number, { settle: (value: never) => void; fail: (cause: unknown) => void }>();
  let gone: Error | undefined;
  let calls = OPENED;
  const end = (cause: Error) => {
    gone ??= Object.assign(new Error('The embedded database has ended.', { cause }), GONE);
    for (const { fail } of waiting.values()) fail(gone);
    waiting.clear();
  };
  worker.on('message', (reply: Reply) => {
    const { settle, fail } = waiting.get(reply.id) ?? {};
    waiting.delete(reply.id);
    if ('failure' in reply) fail?.(revive(reply.failure));
    else settle?.(reply.value as never);
  });
  worker.on('error', end);
  worker.on('exit', (code) => end(new Error(`Its thread ended with ${code}.`)));
  await new Promise<void>((settle, fail) => waiting.set(OPENED, { settle, fail }));
  const call = <Result>(...[method, ...args]: Call['asked']): Promise<Result> =>
    new Promise((settle, fail) => {
      if (gone !== undefined) {
        fail(gone);
        return;
      }
      const id = (calls += 1);
      // Throws at what cannot be cloned.
      worker.postMessage({ id, asked: [method, ...args] });
      waiting.set(id, { settle, fail });
    });
  return {
    group: async (asked) =>
      (await call<Awaited<ReturnType<EmbeddedEngine['group']>>>('group', asked)).map((outcome) =>
        'failure' in outcome ? { failure: revive(outcome.failure) } : outcome,
      ),
    query: (text, values) => call('query', text, values),
    script: (text) => call('script', text),
    async close() {
      if (gone === undefined) await call('close');
      await worker.terminate();
    },
  };
}

/** An error as it was before it was cloned, as far as anybody asks. */
function revive(failure: unknown): unknown {
  const { message, ...facts } = failure as { message: string };
  return Object.assign(new Error(message), facts);
}
