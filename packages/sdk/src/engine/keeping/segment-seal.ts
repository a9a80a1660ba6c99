import { TurntapeError } from '../../core/errors.ts';
import { importAsset } from '../../core/import-asset.ts';
import type { EncryptionSettings } from '../../core/settings.ts';
import type { SealFacts } from '../../sealing/sealed-file.ts';
import type { OpenSeal, Sealer } from '../../sealing/sealer.ts';

/** What `dist/sealer.js` exports. It is loaded only when a session is sealed. */
interface SealerModule {
  createSealer(publicKey: string, keyId: string | null): Promise<Sealer>;
  sealFile(seal: OpenSeal, segmentId: string, file: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** Seals the segments of one session for its backend's key. */
export interface SegmentSeals {
  open: Sealer['open'];
  file: SealerModule['sealFile'];
}

/**
 * What seals the session's segments; undefined when they are not to be. It makes one key, so that whatever is wrong with
 * the public key is told before anything is captured. Errors: `invalid_option`, `asset_not_found`.
 */
export async function loadSeals(
  encryption: EncryptionSettings | undefined,
  sealerUrl: string | undefined,
): Promise<SegmentSeals | undefined> {
  if (encryption?.readableBy !== 'target') return undefined;
  if (sealerUrl === undefined) throw new TurntapeError('worker_failed', 'the engine was not started');
  const module = await importAsset<SealerModule>(sealerUrl, 'The sealer');
  const sealer = await module.createSealer(encryption.publicKey, encryption.keyId);
  await sealer.open({ segmentId: 'a try', format: 'wav', sampleRate: 48_000 });
  return {
    open: (facts) => sealer.open(facts),
    file: (seal, segmentId, file) => module.sealFile(seal, segmentId, file),
  };
}

/** Seals a file that was never in chunks. */
export async function sealWhole(
  seals: SegmentSeals,
  { segmentId, format, sampleRate }: Omit<SealFacts, 'keyId'>,
  file: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return seals.file(await seals.open({ segmentId, format, sampleRate }), segmentId, file);
}
