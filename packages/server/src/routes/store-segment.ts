import type { Log } from '../log.ts';
import type { Metrics } from '../operate/metrics.ts';
import type { ReceivedBody } from '../received-body.ts';
import type { SegmentReceipt, SegmentStore, Stored } from '../stores/segment-store.ts';
import type { Quota } from '../stores/session-gate.ts';
import type { TranscriptStore } from '../stores/transcript-store.ts';
import type { SegmentFacts } from '../wire/segment.ts';

/** Stores a segment that came one way or the other: as a form, or by ticket. */
export type StoreSegment = (
  facts: SegmentFacts,
  audio: ReceivedBody | undefined,
  quota: Quota,
) => Promise<Stored<SegmentReceipt>>;

/** The segment, then the words that came with it, then the log and the figures. */
export function storeSegmentWith(
  segments: SegmentStore,
  transcripts: TranscriptStore,
  metrics: Metrics,
  log: Log,
): StoreSegment {
  return async (facts, audio, quota) => {
    const stored = await segments.put(facts, audio, quota);
    // After the segment, so that a transcript under the stack's own id finds its turn.
    if (facts.transcript !== null) await transcripts.put(facts.transcript);
    if (stored.isNew) {
      const { session_id, segment_id, speaker, duration_ms, byte_size, interrupted } = facts;
      log('info', 'segment_stored', { session_id, segment_id, speaker, duration_ms, byte_size, interrupted });
      metrics.accepted.inc();
      metrics.audioSeconds.inc(facts.duration_ms / 1000);
      metrics.bytes.inc(facts.byte_size);
      // A device's clock may be ahead of ours.
      metrics.endToStored.observe(Math.max(0, Date.now() - Date.parse(facts.ended_at)) / 1000);
    } else metrics.duplicates.inc();
    return stored;
  };
}
