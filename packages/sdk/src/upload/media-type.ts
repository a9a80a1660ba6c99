import type { SegmentFormat } from '../core/segment.ts';

/** What a segment's file is called on the wire, and its file name's ending. */
export const MEDIA_TYPES: Readonly<Record<SegmentFormat, { type: string; extension: string }>> = Object.freeze({
  opus: { type: 'audio/ogg', extension: 'ogg' },
  mp3: { type: 'audio/mpeg', extension: 'mp3' },
  wav: { type: 'audio/wav', extension: 'wav' },
});
