import { type TurntapeError, isTurntapeError } from '../../core/errors.ts';
import { checkOptions } from './check-options.ts';
import type { RecorderOptions } from './options.ts';
import { type ReadSettings, readSettings } from './read-settings.ts';
import { check } from './option-checks.ts';
import { type Merged, isObject, mergeSettings, withoutPath } from './settings-document.ts';

export { TurntapeError, type TurntapeErrorCode } from '../../core/errors.ts';

/** What only the app's own code may say: objects of the page, where things go and lie, and whether consent is needed. */
type OfTheApp = 'target' | 'audioContext' | 'vadChannel' | 'assetBase' | 'consent' | 'microphone';

/** The options of a recorder that may come as JSON: see `turntape/settings.schema.json`. */
export interface RecordingSettings extends Omit<RecorderOptions, OfTheApp> {
  microphone?: { echoCancellation?: boolean; noiseSuppression?: boolean; autoGainControl?: boolean } | false;
}

/** A document of settings: those of everybody, and what differs for single agents. */
export interface SettingsDocument extends RecordingSettings {
  $schema?: string;
  /** 1, when it is said. */
  schema?: 1;
  agents?: Readonly<Record<string, RecordingSettings>>;
}

/** How settings are loaded. */
export interface LoadSettingsOptions {
  /** Whose settings: `agents[agent]` of the document over those of everybody, field by field. Default: those of everybody. */
  agent?: string | undefined;
  /**
   * True: a value that cannot be leaves its default, a document that cannot be had leaves all of them, and both are told in
   * `problems`. Default false: the load is refused, since a default may record what the settings forbid.
   */
  orDefaults?: boolean;
  /** Of the request: credentials, headers. */
  request?: Omit<RequestInit, 'signal' | 'body' | 'method'>;
  /** The last good document is kept in Cache Storage under this name, for when there is no network. Default: it is not. */
  cache?: string;
  signal?: AbortSignal;
}

/** What was loaded. */
export interface LoadedSettings {
  /** For `createRecorder({ ...options, target })`. What the document does not say is not in it. */
  options: RecordingSettings;
  /** The agent whose settings these are; undefined: none was asked for, or the document does not know it. */
  agent: string | undefined;
  /** Where there was something that is no setting: `vad.modle`, `agents.sales.fromat`. It was left out. */
  unknown: readonly string[];
  /** With `orDefaults`: why something has its default. `field` says what. */
  problems: readonly TurntapeError[];
  /** `cache`: there was no network. `defaults`: there was no document. */
  from: 'given' | 'network' | 'cache' | 'defaults';
}

/**
 * Loads the settings of a recorder as JSON, from an address or an object, and checks them as `createRecorder` would. What is no
 * setting is left out and told.
 * @throws TurntapeError `invalid_option`, `unsupported_format`: a value that cannot be, `field` names it; `invalid_argument`: no JSON object;
 * `network`, `server_error`: it cannot be had, retryable; `aborted`.
 */
export async function loadSettings(
  source: string | URL | Readonly<Record<string, unknown>>,
  options: LoadSettingsOptions = {},
): Promise<LoadedSettings> {
  const { agent, orDefaults = false, signal } = options;
  let read: ReadSettings;
  try {
    read = await readSettings(source, options);
  } catch (thrown) {
    if (!orDefaults || !isTurntapeError(thrown) || signal?.aborted) throw thrown;
    return { options: {}, agent: undefined, unknown: [], problems: [thrown], from: 'defaults' };
  }
  const loaded = { ...checkSettings(mergeSettings(read.document, agent)), from: read.from };
  const [problem] = loaded.problems;
  if (problem && !orDefaults) throw problem;
  if (!problem) await read.keep();
  return loaded;
}

/** Takes out what cannot be, one at a time, until the rest stands: some fields can be wrong only together. */
function checkSettings({ settings, agent, unknown, problems }: Merged): Omit<LoadedSettings, 'from'> {
  let options = settings;
  for (;;) {
    try {
      checkConstraints(options.microphone);
      checkOptions(options);
      return { options, agent, unknown, problems };
    } catch (thrown) {
      const rest =
        isTurntapeError(thrown) && thrown.field !== undefined ? withoutPath(options, thrown.field) : undefined;
      if (!rest) throw thrown;
      problems.push(thrown as TurntapeError);
      options = rest;
    }
  }
}

/** An app may give any constraint; what comes from afar is yes or no. */
function checkConstraints(microphone: unknown): void {
  if (!isObject(microphone)) return;
  for (const [name, value] of Object.entries(microphone)) check.boolean(value, `microphone.${name}`);
}
