import { parentPort, workerData } from 'node:worker_threads';
import { openEngine, type EmbeddedEngine } from './engine.ts';
import { OPENED, type Call, type Reply } from './engine-calls.ts';

const port = parentPort;
if (port === null) throw new Error('This is started as a thread.');
const reply = (message: Reply) => port.postMessage(message);

async function answer(engine: EmbeddedEngine, [method, ...args]: Call['asked']): Promise<unknown> {
  const value = await (engine[method] as (...given: unknown[]) => Promise<unknown>)(...args);
  if (method !== 'group') return value;
  return (value as Awaited<ReturnType<EmbeddedEngine['group']>>).map((outcome) =>
    'failure' in outcome ? { failure: factsOf(outcome.failure) } : outcome,
  );
}

function factsOf(thrown: unknown): unknown {
  if (!(thrown instanceof Error)) return { message: String(thrown) };
  const { name, message } = thrown;
  const { severity, code, constraint } = thrown as { severity?: unknown; code?: unknown; constraint?: unknown };
  return { name, message, severity, code, constraint };
}

async function serve(): Promise<void> {
  const engine = await openEngine(String(workerData));
  port?.on('message', ({ id, asked }: Call) => {
    answer(engine, asked).then(
      (value) => reply({ id, value }),
      (thrown: unknown) => reply({ id, failure: factsOf(thrown) }),
    );
  });
  reply({ id: OPENED, value: undefined });
}

serve().catch((thrown: unknown) => reply({ id: OPENED, failure: factsOf(thrown) }));
