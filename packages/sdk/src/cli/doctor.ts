import { copyFile, mkdir, open, readFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Command, Terminal } from './command.ts';
import type { Diagnosis, KnownFormat } from './doctor/diagnosis.ts';
import { isOgg, treatOgg } from './doctor/ogg-doctor.ts';
import { RATES_HZ, isWav, treatWav } from './doctor/wav-doctor.ts';

const HELP = `turntape doctor FILE…

Looks at WAV and Ogg Opus files and repairs what is broken, into a new file beside the old one: NAME_fixed.wav. The old one
is never changed. It finds

  a WAV header that is cut, empty, or says other sizes than the file has
  a last frame that is cut
  µ-law or A-law bytes that are labelled PCM16
  an Ogg page that is cut, damaged or missing, and a stream without an end

  --recursive          folders: every .wav, .opus and .ogg file in them; links are not followed
  --output DIR         new files go here, under the names of the old ones, and of their folders within one
  --backup             the new file takes the old one's name, and the old one becomes NAME.bak
  --json               one JSON object for each file, on a line of its own
  --sample-rate HZ     of a WAV file that has lost its header
  --channels 1|2       the same. Default 1

Exit code: 0, every file is sound or was repaired; 1, one could not be; 2, it was asked for wrongly.`;

const EXTENSIONS: ReadonlySet<string> = new Set(['.wav', '.opus', '.ogg']);

const OPTIONS = {
  recursive: { type: 'boolean', default: false },
  output: { type: 'string' },
  backup: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  'sample-rate': { type: 'string' },
  channels: { type: 'string', default: '1' },
} as const;

interface Wishes {
  files: readonly string[];
  recursive: boolean;
  output: string | undefined;
  backup: boolean;
  json: boolean;
  known: KnownFormat;
}

/** How one file ended. */
interface Report extends Omit<Diagnosis, 'repaired'> {
  file: string;
  /** `failed`: it could not be read or written; `untreatable`: nothing can be made of it. */
  outcome: 'sound' | 'repaired' | 'untreatable' | 'failed';
  /** The new file. */
  repaired: string | null;
  /** Where the old one is now, when that is not its own place. */
  backup: string | null;
}

/** `doctor FILE…`. */
export const doctor: Command = {
  name: 'doctor',
  usage: 'doctor FILE…',
  summary: 'find and repair broken WAV and Ogg Opus files',
  help: HELP,
  async run(args, terminal) {
    let wishes: Wishes;
    try {
      wishes = wishesOf(args);
    } catch (error) {
      terminal.complain(`turntape doctor: ${messageOf(error)}.\n\n${HELP}`);
      return 2;
    }
    let failed = false;
    for (const file of wishes.files) {
      const reports = await treatAll(file, wishes);
      if (reports.length === 0) terminal.complain(`${file}: no .wav, .opus or .ogg file in it`);
      for (const report of reports) {
        failed ||= report.outcome === 'failed' || report.outcome === 'untreatable';
        tell(report, wishes.json, terminal);
      }
    }
    return failed ? 1 : 0;
  },
};

function wishesOf(args: readonly string[]): Wishes {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  if (positionals.length === 0) throw new Error('please say which files');
  if (values.backup && values.output !== undefined) throw new Error('--backup and --output exclude each other');
  const sampleRate = values['sample-rate'] === undefined ? undefined : Number(values['sample-rate']);
  if (
    sampleRate !== undefined &&
    !(Number.isInteger(sampleRate) && sampleRate >= RATES_HZ.min && sampleRate <= RATES_HZ.max)
  )
    throw new Error(`--sample-rate must be a whole number of Hz, not ${values['sample-rate']}`);
  if (values.channels !== '1' && values.channels !== '2') throw new Error('--channels must be 1 or 2');
  const known: KnownFormat = { sampleRate, numChannels: values.channels === '2' ? 2 : 1 };
  const { recursive, output, backup, json } = values;
  return { files: positionals, recursive, output, backup, json, known };
}

async function treatAll(path: string, wishes: Wishes): Promise<Report[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [await treat(path, wishes)];
    if (!wishes.recursive) throw new Error('it is a folder: say --recursive');
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile() && EXTENSIONS.has(extname(entry.name).toLowerCase()))
      .map((entry) => join(entry.parentPath, entry.name))
      // What it wrote the last time is not treated again.
      .filter((file) => !basename(file, extname(file)).endsWith('_fixed'));
    const reports: Report[] = [];
    for (const file of files.toSorted()) reports.push(await treat(file, wishes, relative(path, file)));
    return reports;
  } catch (error) {
    return [failure(path, error)];
  }
}

/** `name`: what the new file is called in the folder of new files. */
async function treat(file: string, wishes: Wishes, name = basename(file)): Promise<Report> {
  try {
    const bytes = new Uint8Array(await readFile(file));
    const { repaired, ...diagnosis } = diagnose(file, bytes, wishes.known);
    if (diagnosis.kind === 'unknown' || (!repaired && diagnosis.found.length > 0))
      return { file, ...diagnosis, outcome: 'untreatable', repaired: null, backup: null };
    if (!repaired) return { file, ...diagnosis, outcome: 'sound', repaired: null, backup: null };
    return { file, ...diagnosis, outcome: 'repaired', ...(await keep(file, repaired, wishes, name)) };
  } catch (error) {
    return failure(file, error);
  }
}

function diagnose(file: string, bytes: Uint8Array, known: KnownFormat): Diagnosis {
  if (bytes.length === 0) return { kind: 'unknown', found: ['it is empty'], done: [], repaired: undefined };
  if (isOgg(bytes)) return treatOgg(bytes);
  // By its name, too: a header that was never written, or was lost, says nothing.
  if (isWav(bytes) || extname(file).toLowerCase() === '.wav') return treatWav(bytes, known);
  return { kind: 'unknown', found: ['it is neither WAV nor Ogg'], done: [], repaired: undefined };
}

/** Writes the new file, whole or not at all, and never over one that is there. */
async function keep(
  file: string,
  bytes: Uint8Array,
  { output, backup }: Wishes,
  name: string,
): Promise<Pick<Report, 'repaired' | 'backup'>> {
  if (backup) {
    const old = `${file}.bak`;
    const next = `${file}.new`;
    // The old one is there whole under one name or the other, whatever fails; and nothing half-made is left.
    await writeNew(next, bytes);
    try {
      await copyFile(file, old, EXCLUSIVE);
      await rename(next, file).catch(async (error: unknown) => {
        await rm(old);
        throw error;
      });
    } catch (error) {
      await rm(next, { force: true });
      throw error;
    }
    return { repaired: file, backup: old };
  }
  const extension = extname(file);
  const to =
    output === undefined ? join(dirname(file), `${basename(file, extension)}_fixed${extension}`) : join(output, name);
  if (resolve(to) === resolve(file)) throw new Error('the new file would take the place of the old one: say --backup');
  await mkdir(dirname(to), { recursive: true });
  await writeNew(to, bytes);
  return { repaired: to, backup: null };
}

/** All of it or nothing: what a full disk left half-written is taken away. One that is there is not written over. */
async function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(bytes);
    await file.close();
  } catch (error) {
    await file.close().catch(NOTHING_MORE_TO_CLOSE);
    await rm(path, { force: true });
    throw error;
  }
}

/** What failed first is what is told. */
const NOTHING_MORE_TO_CLOSE = (): void => {};

/** `fs.constants.COPYFILE_EXCL`: an older backup is not written over. */
const EXCLUSIVE = 1;

function failure(file: string, error: unknown): Report {
  return {
    file,
    kind: 'unknown',
    found: [messageOf(error)],
    done: [],
    outcome: 'failed',
    repaired: null,
    backup: null,
  };
}

function tell(report: Report, json: boolean, terminal: Terminal): void {
  if (json) {
    terminal.say(JSON.stringify(report));
    return;
  }
  const { file, outcome, found, done, repaired, backup } = report;
  const lines = [
    `${file}: ${outcome}`,
    ...found.map((line) => `  found: ${line}`),
    ...done.map((line) => `  done: ${line}`),
    ...(repaired ? [`  new file: ${repaired}`] : []),
    ...(backup ? [`  old file: ${backup}`] : []),
  ];
  if (outcome === 'failed' || outcome === 'untreatable') terminal.complain(lines.join('\n'));
  else terminal.say(lines.join('\n'));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
