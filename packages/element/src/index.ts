// turn-tape.ts
export { TurnTape } from './turn-tape.ts';
// recorder-source.ts
export type { TargetHeaders } from './recorder-source.ts';
// session-news.ts
export { SESSION_EVENT_NAMES } from './session-news.ts';
// session-controller.ts
export type { StartRequest } from './session-controller.ts';
// texts.ts, failure-texts.ts
export { DEFAULT_TEXTS } from './texts.ts';
export type { RecorderPhase, TurnTapeTexts, TurnTapeTextsPatch } from './texts.ts';
export type { FailureText } from './failure-texts.ts';
// turn-list.ts
export type { SegmentRow, TurnDelivery, TurnList, TurnRow } from './turn-list.ts';
