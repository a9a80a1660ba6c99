// turn-tape.ts
export { TurnTape } from './turn-tape.ts';
// recorder-source.ts
export type { TargetHeaders } from './recorder-source.ts';
// session-news.ts
export { SESSION_EVENT_NAMES } from './session-news.ts';
// gap-kinds.ts
export { isMissing } from './gap-kinds.ts';
// session-controller.ts
export type { StartRequest } from './session-controller.ts';
// texts.ts, failure-texts.ts
export { DEFAULT_TEXTS } from './texts-english.ts';
export type {
  HoldReason,
  MicrophoneTrouble,
  RecorderPhase,
  StandingFacts,
  TurnTapeTexts,
  TurnTapeTextsPatch,
} from './texts.ts';
export type { FailureText } from './failure-texts.ts';
// turn-list.ts
export type { SegmentRow, TurnDelivery, TurnList, TurnRow, TurnWords } from './turn-list.ts';
// delivery/standing.ts, delivery/save-session.ts, microphone-denial.ts
export type { Standing } from './delivery/standing.ts';
export type { SaveKind } from './delivery/save-session.ts';
export type { KnownDenial } from './microphone-denial.ts';
