import type { StoredSegment, StoredSession } from 'turntape';
import type { EarlierTalk } from './dialogue.ts';

/** What is known of the last conversation in which the user spoke: from the rows of this device. */
export function earlierTalk(sessions: readonly StoredSession[]): EarlierTalk | undefined {
  const last = sessions
    .filter(({ session }) => session.state !== 'active')
    .find(({ segments }) => segments.some(({ speaker }) => speaker === 'user'));
  if (!last) return undefined;
  return {
    turns: count(last.segments.filter(({ speaker }) => speaker === 'user')),
    cuts: count(last.segments.filter(({ interrupted, heardMs }) => interrupted && (heardMs ?? 0) > 0)),
  };
}

const count = (segments: readonly StoredSegment[]): number => new Set(segments.map(({ turnId }) => turnId)).size;
