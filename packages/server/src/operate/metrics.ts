import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Queryable } from '../database.ts';

/** Figures of one server, in a registry of its own. Names and labels hold no id of a session or a person. */
export class Metrics {
  readonly #registry = new Registry();
  readonly accepted = this.#counter('segments_accepted_total', 'Segments stored for the first time.');
  readonly duplicates = this.#counter('segments_duplicate_total', 'Segments that were there already.');
  readonly bytes = this.#counter('segment_bytes_total', 'Bytes of audio stored.');
  readonly bytesPlayed = this.#counter('audio_sent_bytes_total', 'Bytes of audio sent to those who listen.');
  readonly audioSeconds = this.#counter('audio_seconds_total', 'Seconds of audio stored.');
  readonly swept = this.#counter('sessions_swept_total', 'Sessions erased because they were due.');
  readonly sweeps = this.#counter('sweeps_total', 'Sweeps that were done.');
  readonly rejected = new Counter({
    name: 'turntape_rejected_total',
    help: 'Requests refused, by the code of the refusal.',
    labelNames: ['code'],
    registers: [this.#registry],
  });
  readonly endToStored = new Histogram({
    name: 'turntape_segment_end_to_stored_seconds',
    help: 'From the end of the sound, by the clock of the device, to its 201.',
    buckets: [0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600, 86_400],
    registers: [this.#registry],
  });
  readonly quality = new Histogram({
    name: 'turntape_audio_quality_score',
    help: 'How stored segments sound, 0 to 100, where that is measured.',
    buckets: [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    registers: [this.#registry],
  });
  readonly requestSeconds = new Histogram({
    name: 'turntape_request_seconds',
    help: 'Time from a request’s headers to the end of its answer’s making, by method and status.',
    labelNames: ['method', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [this.#registry],
  });

  /** Figures that the database knows are asked for when somebody looks. */
  constructor(database: Queryable) {
    const ask = (name: string, help: string, sql: string) => {
      const gauge: Gauge = new Gauge({
        name: `turntape_${name}`,
        help,
        registers: [this.#registry],
        async collect() {
          const { rows } = await database.query<{ value: number }>(sql);
          this.set(rows[0]?.value ?? 0);
        },
      });
      return gauge;
    };
    ask(
      'active_sessions',
      'Sessions that began and did not end, with something heard of them in the last hour.',
      `SELECT count(*)::float8 AS value FROM sessions
        WHERE state = 'active' AND ended_at IS NULL AND updated_at > now() - interval '1 hour'`,
    );
    ask(
      'storage_used_bytes',
      'Bytes of audio that rows say are stored.',
      'SELECT coalesce(sum(byte_size), 0)::float8 AS value FROM session_audio_segments',
    );
    ask(
      'jobs_queued',
      'Jobs that are not done.',
      `SELECT count(*)::float8 AS value FROM turntape_jobs WHERE state IN ('queued', 'running')`,
    );
    ask(
      'jobs_dead',
      'Jobs that were given up.',
      `SELECT count(*)::float8 AS value FROM turntape_jobs WHERE state = 'dead'`,
    );
  }

  /** The text that Prometheus reads, and its type. */
  async text(): Promise<{ type: string; body: string }> {
    return { type: this.#registry.contentType, body: await this.#registry.metrics() };
  }

  #counter(name: string, help: string): Counter {
    return new Counter({ name: `turntape_${name}`, help, registers: [this.#registry] });
  }
}
