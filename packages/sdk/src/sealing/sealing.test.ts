import { expect, test } from 'vitest';
import { wavHeader } from '../codecs/wav.ts';
import { isSealed } from '../core/seal.ts';
import { encryptRecord } from '../storage/record-cipher.ts';
import { readSealedFile, writeSealedFile } from './sealed-file.ts';
import { createSealer, sealFile } from './sealer.ts';
import { generateSealKeys, unseal } from './unseal.ts';

/** In Node, where a backend opens what a browser sealed: both have the same WebCrypto. */

const facts = { segmentId: '6f3a2c1e-0000-4000-8000-000000000001', format: 'wav', sampleRate: 16_000 } as const;
const samples = Uint8Array.from({ length: 640 }, (_, index) => (index * 13) % 256);
const wav = new Uint8Array([
  ...wavHeader({ sampleRate: 16_000, numChannels: 1, dataBytes: samples.length }),
  ...samples,
]);

test('[SEAL-1] a sealed file opens with the private key alone, and says in the open what it is and for which key', async () => {
  const { publicKey, privateKey } = await generateSealKeys();
  const sealer = await createSealer(publicKey, 'spring-2026');
  const sealed = await sealFile(await sealer.open(facts), facts.segmentId, wav);
  expect(isSealed(sealed)).toBe(true);
  expect(readSealedFile(sealed).facts).toEqual({ ...facts, keyId: 'spring-2026' });
  expect(Buffer.from(sealed).includes(Buffer.from(samples.subarray(0, 32)))).toBe(false);
  const opened = await unseal(sealed, privateKey);
  expect(opened).toMatchObject({ ...facts, keyId: 'spring-2026', recovered: false });
  expect(Buffer.from(opened.file).equals(Buffer.from(wav))).toBe(true);
  await expect(unseal(sealed, (await generateSealKeys()).privateKey)).rejects.toMatchObject({
    code: 'invalid_argument',
    field: 'privateKey',
  });
});

test('[SEAL-2] what a crash left unfinished is finished where the key is: a file of all its chunks', async () => {
  const { publicKey, privateKey } = await generateSealKeys();
  const { key, head } = await (await createSealer(publicKey, null)).open(facts);
  const records = [];
  for (const index of [0, 1, 2]) {
    const chunk = samples.slice(index * 200, index * 200 + 200).buffer;
    const bytes = await encryptRecord(key, { segmentId: facts.segmentId, kind: 'chunk', index }, chunk);
    records.push({ kind: 'chunk', bytes: new Uint8Array(bytes) } as const);
  }
  const opened = await unseal(writeSealedFile(head, records), privateKey);
  expect(opened.recovered).toBe(true);
  expect(Buffer.from(opened.file.subarray(44)).equals(Buffer.from(samples.subarray(0, 600)))).toBe(true);
  // Chunks that changed places are not a file.
  const swapped = writeSealedFile(
    head,
    [records[1], records[0], records[2]].filter((record) => record !== undefined),
  );
  await expect(unseal(swapped, privateKey)).rejects.toMatchObject({ code: 'undecryptable' });
});

test('[SEAL-3] every segment has a key of its own; a changed byte anywhere is refused', async () => {
  const { publicKey, privateKey } = await generateSealKeys();
  const sealer = await createSealer(publicKey, null);
  const one = await sealer.open(facts);
  const other = await sealer.open(facts);
  expect(Buffer.from(one.head).equals(Buffer.from(other.head))).toBe(false);
  const sealed = await sealFile(one, facts.segmentId, wav);
  const size = sealed.length;
  for (const at of [0, 9, 30, one.head.byteLength - 60, one.head.byteLength - 1, one.head.byteLength + 20, size - 1]) {
    const changed = sealed.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(unseal(changed, privateKey), `byte ${at}`).rejects.toMatchObject({ name: 'TurntapeError' });
  }
  for (const end of [4, 40, 150, size - 1])
    await expect(unseal(sealed.slice(0, end), privateKey), `cut at ${end}`).rejects.toMatchObject({
      name: 'TurntapeError',
      code: 'unsupported_format',
    });
});

test('[SEAL-4] a public key that is none is refused by its name', async () => {
  for (const publicKey of ['', 'abc', 'A'.repeat(20), '!'.repeat(43)])
    await expect(createSealer(publicKey, null), publicKey).rejects.toMatchObject({
      code: 'invalid_option',
      field: 'encryption.publicKey',
    });
});
