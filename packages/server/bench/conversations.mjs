// Conversations at the pace of people, by the protocol of the recorder: config, the session's start, each turn's segment and its
// words when the turn ends, the session's end. What is not taken at once waits in the conversation's own outbox and is tried again
// as the recorder does (one item at a time and in order, full jitter, Retry-After), while the conversation goes on.
import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { TOKEN } from './backends.mjs';
import { createClient } from './client.mjs';
import { randomAudio, segmentFacts } from './facts.mjs';

/** Seconds that are drawn anew for each turn. With the pause a segment comes every 6 s on average. */
const SPEAKS_S = { user: [1, 6], bot: [2, 10] };
const PAUSE_S = [0.5, 2];
/** Bytes of a second of speech: Opus at 32 kbit/s. */
const BYTES_PER_S = 4000;
/** Conversations do not begin together: within this time, in seconds. */
const BEGIN_WITHIN_S = 20;
/** What is acknowledged this soon after its turn ended is in time, in milliseconds: before the next turn is over. */
const IN_TIME_MS = 5000;
/** First ceiling and highest one of the recorder's waits, in milliseconds: its `RETRY_POLICY`. */
const [BASE_MS, MAX_MS, MIN_MS] = [1000, 60_000, 100];
/** Files of 1 s, 2 s … 10 s, made once: making them is not what is measured. */
const FILES = Array.from({ length: 10 }, (_, i) => randomAudio((i + 1) * BYTES_PER_S));

const drawn = ([least, most]) => least + Math.random() * (most - least);

/**
 * Carries so many conversations for so long, then waits for what is left, at most `drainSeconds`. What a conversation is told:
 * `inTime` when everything it sent was acknowledged within {@link IN_TIME_MS} of its making.
 */
export async function carry({ url, pid }, { conversations, seconds, drainSeconds }) {
  const client = createClient(url, TOKEN);
  const seen = {
    segmentMs: [],
    statuses: {},
    asked: 0,
    delivered: 0,
    inTime: 0,
    late: 0,
    conversationsInTime: 0,
    mostWaiting: 0,
  };
  const giveUp = new AbortController();
  // Everybody who waits to try again waits for it, too.
  setMaxListeners(0, giveUp.signal);
  const usage = await watchProcessor(pid);
  const until = performance.now() + seconds * 1000;
  const all = Promise.all(
    Array.from({ length: conversations }, async () => {
      await delay(Math.random() * Math.min(BEGIN_WITHIN_S, seconds / 3) * 1000);
      await converse(client, seen, until, giveUp.signal);
    }),
  );
  await delay(seconds * 1000);
  const talked = await usage();
  const storedWhileTalking = seen.segmentMs.length;
  const ended = performance.now();
  const limit = setTimeout(() => giveUp.abort(), drainSeconds * 1000);
  await all;
  clearTimeout(limit);
  client.close();
  seen.segmentMs.sort((a, b) => a - b);
  const at = (share) =>
    Math.round(seen.segmentMs[Math.min(seen.segmentMs.length - 1, Math.floor(seen.segmentMs.length * share))] ?? 0);
  return {
    conversations,
    seconds,
    asked: seen.asked,
    stored: seen.segmentMs.length,
    storedPerS: storedWhileTalking / seconds,
    p50: at(0.5),
    p99: at(0.99),
    inTime: seen.inTime / (seen.inTime + seen.late + (seen.asked - seen.segmentMs.length)),
    conversationsInTime: seen.conversationsInTime,
    mostWaiting: seen.mostWaiting,
    drainS: (performance.now() - ended) / 1000,
    undelivered: seen.asked - seen.segmentMs.length,
    statuses: seen.statuses,
    ...talked,
  };
}

async function converse(client, seen, until, signal) {
  const sessionId = randomUUID();
  const outbox = new Outbox(client, seen, signal);
  const startedAt = new Date().toISOString();
  outbox.add('config');
  outbox.add('sessions', { session_id: sessionId, started_at: startedAt, metadata: { user_id: sessionId } });
  for (let turn = 0; ; turn++) {
    const speaker = turn % 2 === 0 ? 'user' : 'bot';
    const spokeS = drawn(SPEAKS_S[speaker]);
    const waitMs = (drawn(PAUSE_S) + spokeS) * 1000;
    if (performance.now() + waitMs > until) break;
    await delay(waitMs);
    const turnId = randomUUID();
    const file = FILES[Math.round(spokeS) - 1];
    const facts = segmentFacts(file, { session_id: sessionId, turn_id: turnId, speaker, duration_ms: spokeS * 1000 });
    outbox.add('segments', facts, file.audio);
    const role = speaker === 'user' ? 'user' : 'assistant';
    const words = {
      transcript_id: randomUUID(),
      session_id: sessionId,
      turn_id: turnId,
      role,
      confidence: 0.9,
      revision: 1,
    };
    outbox.add('transcripts', {
      ...words,
      text: 'I would like to move it to Thursday, please.',
      occurred_at: facts.started_at,
    });
  }
  const ended = { ended_at: new Date().toISOString(), state: 'ended', end_reason: 'session_stop' };
  outbox.add('sessions', { session_id: sessionId, started_at: startedAt, ...ended });
  if (await outbox.isDeliveredInTime()) seen.conversationsInTime += 1;
}

/** What one device has kept and not delivered. */
class Outbox {
  #items = [];
  #sending = Promise.resolve();
  #isInTime = true;

  constructor(client, seen, signal) {
    this.client = client;
    this.seen = seen;
    this.signal = signal;
  }

  add(path, facts, audio) {
    if (path === 'segments') this.seen.asked += 1;
    this.#items.push({ path, facts, audio, madeAt: performance.now() });
    this.seen.mostWaiting = Math.max(this.seen.mostWaiting, this.#items.length);
    if (this.#items.length === 1) this.#sending = this.#sendAll();
  }

  async isDeliveredInTime() {
    await this.#sending;
    return this.#isInTime && this.#items.length === 0;
  }

  async #sendAll() {
    for (let item = this.#items[0]; item !== undefined && !this.signal.aborted; item = this.#items[0]) {
      await this.#deliver(item);
      if (!this.signal.aborted) this.#items.shift();
    }
  }

  async #deliver({ path, facts, audio, madeAt }) {
    for (let attempt = 1; !this.signal.aborted; attempt++) {
      const { status, retryAfterMs = 0 } = await this.#send(path, facts, audio);
      this.seen.statuses[status] = (this.seen.statuses[status] ?? 0) + 1;
      if (status === 200 || status === 201) {
        const tookMs = performance.now() - madeAt;
        if (path === 'segments') this.seen.segmentMs.push(tookMs);
        if (path === 'segments') this.seen[tookMs <= IN_TIME_MS ? 'inTime' : 'late'] += 1;
        if (tookMs > IN_TIME_MS) this.#isInTime = false;
        return;
      }
      const ceilingMs = Math.min(MAX_MS, BASE_MS * 2 ** (attempt - 1));
      const waitMs = retryAfterMs + MIN_MS + Math.random() * (ceilingMs - MIN_MS);
      await delay(waitMs, undefined, { signal: this.signal }).catch(() => undefined);
    }
  }

  #send(path, facts, audio) {
    if (path === 'config') return this.client.get('config');
    return audio === undefined ? this.client.post(path, facts) : this.client.postSegment(facts, audio);
  }
}

/** How many cores the server, this process and the whole machine took, between now and the call of what it gives; Linux only. */
async function watchProcessor(pid) {
  const look = async () => ({
    server: await ticksOf(pid),
    machine: await busyTicks(),
    own: process.cpuUsage(),
    at: performance.now(),
  });
  const from = await look();
  return async () => {
    const to = await look();
    const seconds = (to.at - from.at) / 1000;
    const ownS = (to.own.user + to.own.system - from.own.user - from.own.system) / 1e6;
    return {
      serverCores: (to.server - from.server) / 100 / seconds,
      clientCores: ownS / seconds,
      machineCores: (to.machine - from.machine) / 100 / seconds,
      serverMb: await memoryOf(pid),
    };
  };
}

async function ticksOf(pid) {
  const fields = await readFile(`/proc/${pid}/stat`, 'utf8').then(
    (text) => text.slice(text.lastIndexOf(')')).split(' '),
    () => [],
  );
  return Number(fields[12] ?? NaN) + Number(fields[13] ?? NaN);
}

async function busyTicks() {
  const words = await readFile('/proc/stat', 'utf8').then(
    (text) => text.split('\n')[0].trim().split(/\s+/),
    () => [],
  );
  const [user, nice, system, , , irq, softIrq] = words.slice(1).map(Number);
  return user + nice + system + irq + softIrq;
}

async function memoryOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? NaN) / 1024);
}
