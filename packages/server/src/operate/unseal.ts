import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { generateSealKeys, unseal, type SealPrivateKey } from 'turntape/unseal';
import { SettingsError } from '../settings-error.ts';

const EXTENSIONS: Readonly<Record<string, string>> = { opus: 'ogg', wav: 'wav', mp3: 'mp3' };

/** Makes a pair of keys: the private one goes into a file that only its owner reads, the public one is what pages get. */
export async function makeSealKeys(args: readonly string[], say: (line: string) => void): Promise<void> {
  const { values } = parse(() => parseArgs({ args: [...args], options: { key: { type: 'string' } } }));
  if (values.key === undefined) throw new SettingsError('--key', 'say which new file gets the private key');
  const { publicKey, privateKey } = await generateSealKeys();
  // Never over another key: what was sealed for that one would be lost.
  await writeFile(values.key, `${JSON.stringify(privateKey)}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (cause: unknown) => {
      throw new SettingsError('--key', `cannot be written (${cause instanceof Error ? cause.message : ''})`, cause);
    },
  );
  say(publicKey);
}

/**
 * Opens sealed files with a private key, each into a file of its own, and says which. One that does not open is told and
 * does not stop the others. Gives how many did not.
 */
export async function unsealFiles(args: readonly string[], say: (line: string) => void): Promise<number> {
  const options = { key: { type: 'string' }, out: { type: 'string' } } as const;
  const { values, positionals } = parse(() => parseArgs({ args: [...args], options, allowPositionals: true }));
  if (values.key === undefined) throw new SettingsError('--key', 'say which file holds the private key');
  if (positionals.length === 0) throw new SettingsError('FILE', 'say which sealed files to open');
  const privateKey = await readKey(values.key);
  let failed = 0;
  for (const file of positionals) {
    try {
      const opened = await unseal(new Uint8Array(await readFile(file)), privateKey);
      const name = `${basename(file, extname(file))}.open.${EXTENSIONS[opened.format] ?? opened.format}`;
      const target = join(values.out ?? '.', name);
      await writeFile(target, opened.file, { mode: 0o600 });
      say(`${file}: ${target}${opened.recovered ? ' (a crash had left it unfinished)' : ''}`);
    } catch (thrown) {
      failed += 1;
      say(`${file}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  }
  return failed;
}

async function readKey(path: string): Promise<SealPrivateKey> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as SealPrivateKey;
  } catch (cause) {
    throw new SettingsError('--key', `holds no private key (${cause instanceof Error ? cause.message : ''})`, cause);
  }
}

function parse<Parsed>(work: () => Parsed): Parsed {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause;
    throw new SettingsError(
      /--?[\w-]+/.exec(cause.message)?.[0] ?? 'command line',
      `${cause.message}. See --help.`,
      cause,
    );
  }
}
