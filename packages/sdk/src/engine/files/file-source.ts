import type { FileRequest } from '../../core/messages/page-engine.ts';
import type { SessionFileFacts } from '../../core/session-file.ts';
import { mixed } from '../session-file/session-layout.ts';
import type { FileBytes } from './encode-file.ts';
import { type Pcm, together } from './placed.ts';

/** Where a file of a session is made from. Positions are samples of `rate` from the session's beginning. */
export interface FileSource {
  rate: number;
  /** What there is, `to` exclusive. */
  from: number;
  to: number;
  /** Wall time of sample 0, milliseconds since 1970. */
  startedAt: number;
  betweenTurns: SessionFileFacts['betweenTurns'];
  gaps: SessionFileFacts['gaps'];
  marks: SessionFileFacts['marks'];
  pcm(channel: 'user' | 'bot' | 'mix', from: number, to: number): Pcm;
  /** The kept packets themselves, when they are just what is asked for. */
  passThrough?: { encoder: SessionFileFacts['encoder']; bytes(comments: Readonly<Record<string, string>>): FileBytes };
}

/** Samples that are mixed in one go. */
const BLOCK = 9600;

/** What each channel of the file holds, in order. */
export function channelsOf({ layout, speaker }: FileRequest): SessionFileFacts['channels'] {
  if (speaker) return [speaker];
  return layout === 'stereo' ? ['user', 'bot'] : ['mix'];
}

/** Both speakers as one channel. */
export async function* mixOf(user: Pcm, bot: Pcm): Pcm {
  for await (const [one, other] of together([user, bot], BLOCK)) if (one && other) yield mixed(one, other);
}
