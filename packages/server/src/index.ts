// The server
export { startServer, type RunningServer, type ServerOptions } from './server.ts';
export { DEFAULT_SETTINGS, type Settings } from './settings.ts';
export { SettingsError } from './settings-error.ts';
export { MigrationError } from './migrate.ts';
export type { WebhookSettings } from './settings.ts';
export type { S3Options } from './s3-store.ts';
export type { SegmentJob, ServerHooks, Transcribed } from './jobs/hooks.ts';
// Who may
export { mintToken, type TokenFacts } from './access/access-token.ts';
export type { AccessScope } from './access/access.ts';
// What it is made of
export type { Database, Queryable, Transaction } from './database.ts';
export type { Log, LogFacts, LogLevel } from './log.ts';
export type { Blob, BlobStore, ByteRange, PresignedPut, StoredBlob } from './blob-store.ts';
export type { ReceivedBody } from './received-body.ts';
export { StoreError } from './blob-store.ts';
export { migrate } from './migrate.ts';
// What it answers
export type { SegmentReceipt } from './stores/segment-store.ts';
export type { TranscriptReceipt } from './stores/transcript-store.ts';
export type { SessionReceipt } from './stores/session-store.ts';
export type { SessionRow, TurnRow } from './stores/playback.ts';
export type { SessionControl } from './stores/session-control.ts';
export type { DerivedFile } from './stores/derived-files.ts';
export type { Timeline } from './stores/timeline.ts';
export type { SweepReport } from './operate/sweep.ts';
export type { WireErrorBody, WireErrorCode } from './wire/wire-error.ts';
