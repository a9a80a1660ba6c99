// The server
export { startServer, type RunningServer, type ServerOptions } from './server.ts';
export { DEFAULT_SETTINGS, type Settings } from './settings.ts';
export { SettingsError } from './settings-error.ts';
export { MigrationError } from './migrate.ts';
// What it is made of
export type { Database, Queryable, Transaction } from './database.ts';
export type { Log, LogFacts, LogLevel } from './log.ts';
// What it answers
export type { SegmentReceipt } from './stores/segment-store.ts';
export type { TranscriptReceipt } from './stores/transcript-store.ts';
export type { SessionReceipt } from './stores/session-store.ts';
export type { SessionRow, TurnRow } from './stores/playback.ts';
export type { WireErrorBody, WireErrorCode } from './wire/wire-error.ts';
