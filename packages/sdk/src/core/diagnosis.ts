import type { TurntapeErrorCode } from './errors.ts';
import type { SessionMicrophone, SessionRunState } from './events.ts';
import type { IntegrityCause } from './integrity.ts';
import type { GapCause } from './gap.ts';

/** What a finding is about. */
export type FindingArea = 'page' | 'consent' | 'microphone' | 'sound' | 'engine' | 'storage' | 'delivery';

/** One thing that stands in the way now. */
export interface Finding {
  area: FindingArea;
  /** The code of an error, or the cause of a gap or of an `integrity` event: the one that it would be told by, or is. */
  code: TurntapeErrorCode | GapCause | IntegrityCause;
  /** Nothing is recorded (of `delivery`: nothing is sent) until it is mended. False: some of it is, or soon will not be. */
  blocking: boolean;
  /** What it is, and the way out. */
  message: string;
}

/** What `recorder.diagnose()` saw, also where nothing is wrong with it. Null: the browser does not say. */
export interface DiagnosisFacts {
  secureContext: boolean;
  /** `prompt`: the person will be asked. */
  permission: 'granted' | 'denied' | 'prompt' | null;
  /** How many microphones there are. */
  microphones: number | null;
  /** Of the running session; undefined: none runs. */
  session: SessionRunState | undefined;
  microphone: SessionMicrophone | undefined;
  /** By the app: `session.mute()`. */
  muted: boolean;
  /** Of this site, as the browser estimates it. */
  usageBytes: number | null;
  quotaBytes: number | null;
  /** The browser promised not to let go of it when space runs out. */
  persisted: boolean | null;
}

/** What `recorder.diagnose()` found. */
export interface Diagnosis {
  /** In the order in which sound goes: page, consent, microphone, sound, engine, storage, delivery. Empty: nothing is wrong. */
  findings: readonly Finding[];
  facts: DiagnosisFacts;
}
