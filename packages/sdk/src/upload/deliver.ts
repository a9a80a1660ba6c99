import { TurntapeError, isTurntapeError } from '../core/errors.ts';
import type { Outbox, OutboxItem } from '../upload-contract/outbox.ts';
import type { Receipt } from '../upload-contract/receipt.ts';
import type { UploadTarget } from '../upload-contract/target.ts';
import { abortable } from './abortable.ts';
import { mediaType } from './media-type.ts';
import { checkReceipt } from './receipt-check.ts';

/** What became of one try. */
export type Outcome =
  | { readonly type: 'acknowledged'; readonly receipt: Receipt | undefined }
  /** To be tried again. */
  | { readonly type: 'failed'; readonly error: TurntapeError }
  /** Refused for good. */
  | { readonly type: 'rejected'; readonly error: TurntapeError }
  /** The token was refused. */
  | { readonly type: 'refused'; readonly error: TurntapeError }
  /** It cannot be read on this device any more; the backend was not asked. */
  | { readonly type: 'unreadable'; readonly error: TurntapeError }
  /** The backend has no place for this kind of item. */
  | { readonly type: 'unsupported'; readonly error: TurntapeError }
  /** We were told to stop. Nothing is known of the item. */
  | { readonly type: 'aborted' };

/** What a try needs. */
export interface DeliverOptions {
  readonly outbox: Outbox;
  readonly target: UploadTarget;
  readonly signal: AbortSignal;
  /** Aborted when the target has had its time, with the error of the try. */
  readonly limit?: AbortSignal;
  /** Called once, when the bytes have gone. Never rejects. */
  onSent(): Promise<void>;
}

const UNREADABLE = 'what this item says cannot be decrypted: its key is gone, or its bytes were changed';

/** Tries to deliver one item, once. Never throws: whatever happens is an outcome. */
export async function deliver(item: OutboxItem, options: DeliverOptions): Promise<Outcome> {
  const { limit } = options;
  const signal = limit ? AbortSignal.any([options.signal, limit]) : options.signal;
  if (item.unreadable) return { type: 'unreadable', error: new TurntapeError('undecryptable', UNREADABLE) };
  let sent: Promise<void> | undefined;
  const onSent = (): void => {
    sent ??= options.onSent();
  };
  try {
    const receipt = await abortable(send(item, { ...options, signal, onSent }), signal);
    await sent;
    return { type: 'acknowledged', receipt };
  } catch (thrown) {
    await sent;
    return options.signal.aborted ? { type: 'aborted' } : outcomeOf(thrown, item);
  }
}

/**
 * Gives an item to a target and says nothing to the outbox. What the target has no method for is left out.
 * @throws TurntapeError what the target throws, `aborted`
 */
export async function handOver(item: OutboxItem, options: Omit<DeliverOptions, 'onSent' | 'limit'>): Promise<void> {
  const outcome = await deliver(item, { ...options, onSent: async () => undefined });
  if (outcome.type === 'aborted') throw new TurntapeError('aborted', 'the export was aborted');
  if (outcome.type !== 'acknowledged' && outcome.type !== 'unsupported') throw outcome.error;
}

type SendContext = Omit<DeliverOptions, 'onSent'> & { onSent: () => void };

async function send({ payload }: OutboxItem, context: SendContext): Promise<Receipt | undefined> {
  const { target, signal, onSent } = context;
  if (payload.kind === 'transcript') {
    if (!target.sendTranscript) throw hasNoPlace('transcripts');
    await target.sendTranscript(payload.transcript, { signal, onSent });
    onSent();
    return undefined;
  }
  if (payload.kind === 'session') {
    if (!target.sendSession) throw hasNoPlace('sessions');
    await target.sendSession(payload.session, { signal, onSent });
    onSent();
    return undefined;
  }
  if (payload.kind === 'erasure') {
    if (!target.eraseSession) throw hasNoPlace('erasures');
    await target.eraseSession(payload.sessionId, { signal, onSent });
    onSent();
    return undefined;
  }
  const { segment } = payload;
  const bytes = await readFile(context.outbox, segment.segment_id);
  if (bytes === undefined && segment.byte_size > 0)
    throw new TurntapeError('storage_failed', 'the file of this segment is not on this device any more');
  const audio = bytes && new Blob([bytes], { type: mediaType(segment).type });
  const receipt: Receipt | undefined = await target.send(segment, audio, { signal, onSent });
  onSent();
  // A target may be the app's own, and not typed: one that settles with nothing has proved nothing.
  checkReceipt(segment, receipt ?? {});
  return receipt;
}

async function readFile(outbox: Outbox, segmentId: string): Promise<ArrayBuffer | undefined> {
  try {
    return await outbox.audio(segmentId);
  } catch (thrown) {
    if (isTurntapeError(thrown) && thrown.code === 'undecryptable') throw thrown;
    // The device's trouble, not the item's: it is tried again.
    throw new TurntapeError('storage_failed', 'the file of this segment could not be read', {
      retryable: true,
      cause: thrown,
    });
  }
}

function outcomeOf(thrown: unknown, { payload }: OutboxItem): Outcome {
  const error =
    // Also one of another bundle: a target may come from an entry of its own.
    isTurntapeError(thrown)
      ? thrown
      : // A target of the app's own throws what `fetch` threw at it.
        new TurntapeError('network', 'the target failed', { retryable: true, cause: thrown });
  if (error.code === 'undecryptable') return { type: 'unreadable', error };
  if (error.code === 'unauthorized') return { type: 'refused', error };
  if (error.code === 'not_supported_by_target' && payload.kind !== 'segment') return { type: 'unsupported', error };
  return { type: error.retryable ? 'failed' : 'rejected', error };
}

function hasNoPlace(what: string): TurntapeError {
  return new TurntapeError('not_supported_by_target', `the target has no method for ${what}`);
}
