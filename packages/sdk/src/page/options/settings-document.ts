import { TurntapeError } from '../../core/errors.ts';
import { RECORDER_DEFAULTS } from './options.ts';
import type { RecordingSettings } from './settings.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** A document's settings for one agent, and what was wrong with it. */
export interface Merged {
  settings: RecordingSettings;
  agent: string | undefined;
  unknown: string[];
  problems: TurntapeError[];
}

/** Of each group what there is in it; null: a value, whatever it is. */
const KNOWN: ReadonlyMap<string, readonly string[] | null> = new Map<string, readonly string[] | null>([
  ...Object.entries(RECORDER_DEFAULTS)
    .filter(([name]) => name !== 'consent')
    .map(([name, value]) => [name, typeof value === 'object' ? Object.keys(value) : null] as const),
  ['encryption', ['publicKey', 'keyId']],
]);

/** The settings of everybody with those of the agent over them, field by field, without what is no setting. */
export function mergeSettings(document: JsonObject, agent: string | undefined): Merged {
  const unknown: string[] = [];
  const problems: TurntapeError[] = [];
  const { $schema: _schema, schema = 1, agents = {}, ...shared } = document;
  if (schema !== 1) problems.push(wrong('schema', '1'));
  if (!isObject(agents)) problems.push(wrong('agents', 'an object'));
  const all = known(shared, '', unknown, problems);
  const own = isObject(agents) && agent !== undefined && Object.hasOwn(agents, agent) ? agents[agent] : undefined;
  if (own === undefined) return { settings: all, agent: undefined, unknown, problems };
  const path = `agents.${agent}`;
  if (!isObject(own)) {
    problems.push(wrong(path, 'an object'));
    return { settings: all, agent: undefined, unknown, problems };
  }
  return { settings: over(all, known(own, `${path}.`, unknown, problems)), agent, unknown, problems };
}

/** The options without the value at a path: `vad.endSilenceMs`, or all of `vad` when its fault is not a value of its own. */
export function withoutPath(options: RecordingSettings, field: string): RecordingSettings | undefined {
  const [name = '', inner = ''] = field.split('.');
  const group = (options as JsonObject)[name];
  if (group === undefined) return undefined;
  const { [name]: _gone, ...rest } = options as JsonObject;
  if (!isObject(group) || !(inner in group)) return rest;
  const { [inner]: _value, ...others } = group;
  return { ...rest, [name]: others };
}

/** What of an object is a setting. What is not is written down by its path, and a null, which is no value here, as a problem. */
function known(given: JsonObject, prefix: string, unknown: string[], problems: TurntapeError[]): RecordingSettings {
  const settings: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    const inner = KNOWN.get(name);
    if (inner === undefined) unknown.push(`${prefix}${name}`);
    else if (value === null) problems.push(noNull(`${prefix}${name}`));
    else if (!inner || !isObject(value)) settings[name] = value;
    else {
      settings[name] = Object.fromEntries(
        Object.entries(value).filter(([key, each]) => {
          const path = `${prefix}${name}.${key}`;
          if (!inner.includes(key)) unknown.push(path);
          else if (each === null && !mayBeNull(name, key)) problems.push(noNull(path));
          else return true;
          return false;
        }),
      );
    }
  }
  return settings;
}

/** A limit that there is none of. */
function mayBeNull(name: string, key: string): boolean {
  const group = (RECORDER_DEFAULTS as JsonObject)[name];
  return isObject(group) && group[key] === null;
}

function noNull(field: string): TurntapeError {
  return wrong(field, 'left out, not null');
}

/** Groups are joined, values replaced. A sealing key is one thing: half of another's would be none. */
function over(all: RecordingSettings, own: RecordingSettings): RecordingSettings {
  const merged: Record<string, unknown> = { ...all };
  for (const [name, value] of Object.entries(own)) {
    const before = merged[name];
    merged[name] = isObject(before) && isObject(value) && name !== 'encryption' ? { ...before, ...value } : value;
  }
  return merged;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: string, wanted: string): TurntapeError {
  return new TurntapeError('invalid_option', `${field} must be ${wanted}`, { field });
}
