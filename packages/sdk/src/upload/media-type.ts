import type { SegmentFormat } from '../core/segment.ts';
import type { SegmentWire } from '../core/wire.ts';

/** What a file is called on the wire, and its file name's ending. */
interface MediaType {
  type: string;
  extension: string;
}

const MEDIA_TYPES: Readonly<Record<SegmentFormat, MediaType>> = Object.freeze({
  opus: { type: 'audio/ogg', extension: 'ogg' },
  mp3: { type: 'audio/mpeg', extension: 'mp3' },
  wav: { type: 'audio/wav', extension: 'wav' },
});

/** No player opens it: whoever has the key does. */
const SEALED: MediaType = Object.freeze({ type: 'application/octet-stream', extension: 'ttseal' });

/** What the file of a segment is. */
export function mediaType({ format, capture }: Pick<SegmentWire, 'format' | 'capture'>): MediaType {
  return capture.sealed ? SEALED : MEDIA_TYPES[format];
}
