import type { Recorder, StoredSegment } from 'turntape';
import { type SegmentKnown, buildReview } from './build-review.ts';
import type { ReviewSource } from './review-source.ts';

/** What a device's session is read with: any `Recorder`. */
export type DeviceReader = Pick<Recorder, 'readSession' | 'readAudio' | 'readPeaks' | 'files'>;

/** A session that is kept on this device. */
export function deviceSource(recorder: DeviceReader, sessionId: string): ReviewSource {
  const extension = { 'audio/ogg': 'opus', 'audio/wav': 'wav' } as const;
  return {
    async load() {
      const stored = await recorder.readSession(sessionId);
      if (!stored) return undefined;
      const { session, segments, transcripts } = stored;
      return buildReview({ session, segments: segments.map(known), words: transcripts });
    },
    audio: ({ segmentId }) => recorder.readAudio(segmentId),
    peaks: ({ segmentId }, { signal }) => recorder.readPeaks(segmentId, { signal }),
    async sessionFile({ signal }) {
      const { blob } = await recorder.files(sessionId).export({ signal });
      return {
        blob,
        name: `${sessionId}.${blob.type === 'audio/wav' ? extension['audio/wav'] : extension['audio/ogg']}`,
      };
    },
    async bundle({ signal }) {
      return { blob: await recorder.files(sessionId).bundle({ signal }), name: `${sessionId}.zip` };
    },
  };
}

function known(segment: StoredSegment): SegmentKnown {
  return {
    ...segment,
    unheardTail: segment.unheardTail,
    sealed: segment.capture.sealed !== undefined,
    url: segment.audioUrl,
  };
}
