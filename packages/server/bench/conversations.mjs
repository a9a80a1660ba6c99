// Conversations that speak the protocol of the recorder: config, start of the session, a segment every few seconds (user
// and bot in turn, with its words), end of the session.
//   node packages/server/bench/conversations.mjs URL TOKEN [conversations] [seconds]
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { createClient } from './client.mjs';

const [url, token, conversationsText = '2000', secondsText = '60'] = process.argv.slice(2);
const conversations = Number(conversationsText);
const seconds = Number(secondsText);
/** A turn every four seconds: two people who speak in turn, 2.5 s each with a pause. */
const EVERY_MS = 4000;
const client = createClient(url, token);
const times = [];
const statuses = {};
let late = 0;
/** Conversations whose every request was taken, and none of whose segments was sent a whole turn late. */
let inTime = 0;

const startedAt = performance.now();
await Promise.all(Array.from({ length: conversations }, (_, i) => converse((i / conversations) * EVERY_MS)));
client.close();
times.sort((a, b) => a - b);
const at = (share) => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0);
const tookS = (performance.now() - startedAt) / 1000;
process.stdout.write(
  `${JSON.stringify({
    conversations,
    segments: times.length,
    per_second: Math.round(times.length / tookS),
    asked_per_second: Math.round((conversations * 1000) / EVERY_MS),
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    max_ms: at(1),
    sent_late: late,
    conversations_in_time: inTime,
    statuses,
    took_s: Math.round(tookS),
  })}\n`,
);

async function converse(offsetMs) {
  const sessionId = randomUUID();
  const audio = randomBytes(20_000);
  audio.write('RIFF', 0);
  audio.write('WAVE', 8);
  const sha256 = createHash('sha256').update(audio).digest('hex');
  await delay(offsetMs);
  const began = performance.now();
  let isInTime = heard('config', await client.get('config'));
  const started = { session_id: sessionId, started_at: now(), metadata: { user_id: sessionId } };
  isInTime = heard('sessions', await client.post('sessions', started)) && isInTime;
  for (let turn = 0; performance.now() - began < seconds * 1000; turn++) {
    const due = began + turn * EVERY_MS;
    const waitMs = due - performance.now();
    if (waitMs > 0) await delay(waitMs);
    else if (waitMs < -EVERY_MS) {
      late += 1;
      isInTime = false;
    }
    const turnId = randomUUID();
    const speaker = turn % 2 === 0 ? 'user' : 'bot';
    const facts = {
      segment_id: randomUUID(),
      session_id: sessionId,
      turn_id: turnId,
      speaker,
      format: 'wav',
      sample_rate: 16_000,
      num_channels: 1,
      duration_ms: 2500,
      byte_size: audio.byteLength,
      sha256,
      started_at: now(),
      ended_at: now(),
      interrupted: false,
    };
    const from = performance.now();
    isInTime = heard('segments', await client.postSegment(facts, audio)) && isInTime;
    times.push(performance.now() - from);
    const role = speaker === 'user' ? 'user' : 'assistant';
    const words = { transcript_id: randomUUID(), session_id: sessionId, turn_id: turnId, role, text: 'Hm.' };
    isInTime = heard('transcripts', await client.post('transcripts', { ...words, occurred_at: now() })) && isInTime;
  }
  const ended = {
    session_id: sessionId,
    started_at: now(),
    ended_at: now(),
    state: 'ended',
    end_reason: 'session_stop',
  };
  if (heard('sessions', await client.post('sessions', ended)) && isInTime) inTime += 1;
}

/** Counts an answer; whether it was one that a recorder is content with. */
function heard(path, status) {
  statuses[`${path} ${status}`] = (statuses[`${path} ${status}`] ?? 0) + 1;
  return status === 200 || status === 201;
}

function now() {
  return new Date().toISOString();
}
