import { TurntapeError } from '../../core/errors.ts';
import type { Consent } from '../../core/session.ts';
import type { EncoderSettings, SessionEncoderSettings, SessionSettings } from '../../core/settings.ts';
import type { Speaker } from '../../core/turn.ts';
import type { CheckedOptions, FileSampleRate } from './options.ts';

/** Of a session that is not sampled. */
const NOTHING = { user: false, bot: false, session: false, unheardTail: false } as const;

/** Which session it is, and by whose leave. */
export interface SessionFacts {
  sessionId: string;
  metadata: Record<string, unknown>;
  consent: Consent | null;
  sampled: boolean;
}

/** What the engine is told of a session: the recorder's options, for this one. */
export function sessionSettings(facts: SessionFacts, options: CheckedOptions): SessionSettings {
  const { format, sampleRate, bitrate, resampler, encoder: opus, record } = options;
  const { sampled } = facts;
  const encoder = (speaker: Speaker): EncoderSettings => ({
    format,
    bitrate,
    opus,
    resampler,
    sampleRate: sampleRate[speaker],
  });
  return {
    ...facts,
    record: sampled ? record : NOTHING,
    vad: options.vad,
    bargeIn: options.bargeIn,
    turns: options.turns,
    levels: options.levels,
    vadTurnId: options.vadTurnId,
    ...(options.shouldEndTurn && { endTurnTimeoutMs: options.endTurnTimeoutMs }),
    redactLookbackMs: options.redactLookbackMs,
    encryption: options.encryption,
    storage: { whenFull: options.storage.whenFull, lowSpaceBytes: options.storage.lowSpaceBytes },
    encoder: {
      user: encoder('user'),
      bot: encoder('bot'),
      ...(sampled && record.session && { session: sessionEncoder(encoder('user'), higher(sampleRate)) }),
    },
  };
}

/** Metadata as they will travel. Error: `invalid_argument` when they are no plain JSON. */
export function plainJson(metadata: Record<string, unknown>): Record<string, unknown> {
  try {
    return JSON.parse(JSON.stringify(metadata)) as Record<string, unknown>;
  } catch (cause) {
    throw new TurntapeError('invalid_argument', 'metadata must be plain JSON', { field: 'metadata', cause });
  }
}

/** Its lanes are joined packet by packet, and MP3 has none that could be. */
function sessionEncoder(encoder: EncoderSettings, sampleRate: FileSampleRate): SessionEncoderSettings {
  const { format } = encoder;
  return format === 'mp3' ? { ...encoder, format: 'opus', sampleRate: 48_000 } : { ...encoder, format, sampleRate };
}

/** The session file has what the better of the two has. */
function higher({ user, bot }: CheckedOptions['sampleRate']): FileSampleRate {
  return user === 'native' || bot === 'native' ? 'native' : Math.max(user, bot);
}
