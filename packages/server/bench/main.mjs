// `npx -y pnpm@12 bench:server`: what a server carries, in two tables. Needs `pnpm build`; starts a PostgreSQL and a Ceph radosgw of
// its own where they are installed. The machine should have nothing else to do.
//   [--seconds 8]                 of each line of the first table; 0: leave it out
//   [--conversations 100,500,2000] [--talk 90]     of the second, each for so many seconds on every store; 0: leave it out
//   [--stores embedded,s3,files]  of the second: embedded, PostgreSQL + S3, PostgreSQL + files
//   [--connections 20]            of the second: to PostgreSQL
import { parseArgs } from 'node:util';
import { loadavg } from 'node:os';
import { openBackends, withFolder, withServer } from './backends.mjs';
import { carry } from './conversations.mjs';
import { measureSegments } from './segments.mjs';

/** What is left after the conversations is waited for, in seconds. */
const DRAIN_S = 60;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    conversations: { type: 'string', default: '100,500,2000' },
    talk: { type: 'string', default: '90' },
    stores: { type: 'string', default: 'embedded,s3,files' },
    connections: { type: 'string', default: '20' },
  },
});
const say = (line) => process.stdout.write(`${line}\n`);
const row = (...cells) => say(`| ${cells.join(' | ')} |`);
const heading = (...cells) => {
  row(...cells);
  say(`|${'---|'.repeat(cells.length)}`);
};

const backends = await openBackends(say);
try {
  if (Number(values.seconds) > 0) await segmentTable(Number(values.seconds));
  if (values.conversations !== '0') await conversationTable();
} finally {
  await backends?.close();
}

async function segmentTable(seconds) {
  say(
    `Segments of 32 KB, each of a session of its own, ${seconds} s a line; load average ${loadavg()[0].toFixed(1)}:\n`,
  );
  heading('store', 'clients', 'segments/s', 'of the bare cost', 'p50 ms', 'p99 ms');
  await measureSegments(backends, seconds, ({ store, clients, rate, ratio, p50, p99 }) =>
    row(store, clients, Math.round(rate), ratio.toFixed(2), p50.toFixed(1), p99.toFixed(1)),
  );
}

async function conversationTable() {
  const counts = values.conversations.split(',').map(Number);
  const seconds = Number(values.talk);
  say(
    `\nConversations, ${seconds} s each; “in time”: acknowledged within 5 s of the turn's end; load average ${loadavg()[0].toFixed(1)}:\n`,
  );
  heading(
    'store',
    'conversations',
    'segments made',
    'stored/s',
    'in time',
    'conversations in time',
    'p50, p99 ms',
    'drained in s',
    'left',
    'answers',
    'cores: server, clients, machine',
    'server ms per turn',
    'MB',
  );
  for (const [store, open] of await stores())
    for (const conversations of counts)
      await withFolder(async (data) => {
        const settings = await open(data);
        const it = await withServer(settings, (url, pid) =>
          carry({ url, pid }, { conversations, seconds, drainSeconds: DRAIN_S }),
        );
        row(
          store,
          conversations,
          it.asked,
          it.storedPerS.toFixed(0),
          `${(it.inTime * 100).toFixed(1)} %`,
          it.conversationsInTime,
          `${it.p50}, ${it.p99}`,
          it.drainS.toFixed(0),
          it.undelivered,
          Object.entries(it.statuses)
            .map(([status, n]) => `${status}: ${n}`)
            .join(' '),
          [it.serverCores, it.clientCores, it.machineCores].map((cores) => cores.toFixed(2)).join(', '),
          ((it.serverCores * 1000) / it.storedPerS).toFixed(1),
          it.serverMb,
        );
      });
}

async function stores() {
  const wanted = values.stores.split(',');
  const connections = ['--database-connections', values.connections];
  const known = {
    embedded: ['embedded, files', async (data) => ({ args: ['--data', data], env: {} })],
    s3: [
      'PostgreSQL, S3',
      async () => ({ args: connections, env: { DATABASE_URL: await backends.newDatabase(), ...backends.store } }),
    ],
    files: [
      'PostgreSQL, files',
      async (data) => ({ args: [...connections, '--data', data], env: { DATABASE_URL: await backends.newDatabase() } }),
    ],
  };
  return wanted.filter((name) => name === 'embedded' || backends !== undefined).map((name) => known[name]);
}
