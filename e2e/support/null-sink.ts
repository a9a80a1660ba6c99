import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../scripts/run.mjs';

/** A sound server of its own: a sink that leads nowhere, what is heard on it, and a microphone that plays files. */
export interface NullSink {
  /** For the browser's environment. */
  readonly server: string;
  /** Hears the sink until the function is called: mono, at 48 kHz. */
  listen(): () => Promise<Int16Array>;
  /**
   * Plays a WAV file into the microphone, once, as soon as somebody opens it; silence follows. Settles when it has begun.
   * May be called again.
   */
  speak(file: string): Promise<void>;
  close(): Promise<void>;
}

const PROGRAMS = ['pulseaudio', 'pactl', 'parec', 'paplay'];

/** Why there is no sound server to be had here; undefined when there is one. */
export function whyNoNullSink(): string | undefined {
  const missing = PROGRAMS.filter((program) => findProgram(program) === undefined);
  return missing.length === 0 ? undefined : `needs PulseAudio: apt-get install pulseaudio pulseaudio-utils`;
}

/** Starts PulseAudio with a null sink, and a second one whose monitor is the microphone. */
export async function openNullSink(): Promise<NullSink> {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-pulse-'));
  const socket = join(folder, 'native');
  const server = `unix:${socket}`;
  const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder, PULSE_SERVER: server };
  const modules = [
    `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
    'module-null-sink sink_name=null rate=48000',
    'module-null-sink sink_name=mouth rate=48000',
    // A monitor is no microphone to a browser; a source made of it is.
    'module-remap-source source_name=microphone master=mouth.monitor rate=48000 channels=1',
  ];
  const args = ['-n', '--exit-idle-time=-1', '--disallow-exit', '--log-target=stderr', '--log-level=info'];
  const { PULSE_SERVER: _none, ...own } = env;
  const pulse = spawn('pulseaudio', [...args, ...modules.flatMap((each) => ['-L', each])], { env: own });
  await new Promise<void>((resolve, reject) => {
    const said: string[] = [];
    pulse.on('error', reject);
    pulse.on('exit', (code) => reject(new Error(`pulseaudio ended with code ${code}:\n${said.join('')}`)));
    pulse.stderr.on('data', (line: Buffer) => {
      said.push(line.toString());
      if (said.join('').includes('Daemon startup complete')) resolve();
    });
  });
  await control(env, 'set-default-sink', 'null');
  await control(env, 'set-default-source', 'microphone');
  // A null sink that nobody listens to works in steps of two seconds, and the first stream to come waits for one.
  const listening = await watchListeners(env);
  const awake = ['null.monitor', 'microphone'].map((source) =>
    spawn('parec', ['-d', source, '--latency-msec=10', '/dev/null'], { env, stdio: 'ignore' }),
  );
  await listening.until(awake.length);
  await listening.close();
  return {
    server,
    listen() {
      const format = ['--format=s16le', '--rate=48000', '--channels=1', '--latency-msec=20'];
      const parec = spawn('parec', ['-d', 'null.monitor', ...format], { env });
      const pieces: Buffer[] = [];
      parec.stdout.on('data', (piece: Buffer) => pieces.push(piece));
      return async () => {
        await ended(parec);
        const all = Buffer.concat(pieces);
        return new Int16Array(all.buffer.slice(all.byteOffset, all.byteOffset + (all.length & ~1)));
      };
    },
    async speak(file) {
      const listeners = await watchListeners(env);
      await listeners.until(1);
      await listeners.close();
      spawn('paplay', ['--device=mouth', file], { env });
    },
    async close() {
      await Promise.all(awake.map(ended));
      await ended(pulse);
      await rm(folder, { recursive: true });
    },
  };
}

async function control(env: NodeJS.ProcessEnv, ...command: string[]): Promise<void> {
  const program = spawn('pactl', command, { env, stdio: 'ignore' });
  await new Promise((resolve) => program.once('exit', resolve));
}

/** Counts the programs that begin to listen to a source, from now on. */
async function watchListeners(env: NodeJS.ProcessEnv) {
  const subscription = spawn('pactl', ['subscribe'], { env });
  let said = '';
  const waiting: (() => void)[] = [];
  subscription.stdout.on('data', (lines: Buffer) => {
    said += lines.toString();
    for (const check of waiting) check();
  });
  const heard = (): number => said.split("Event 'new' on source-output").length - 1;
  // It does not say when it has begun to hear: another client comes and goes until it tells of one.
  while (!said.includes('on client')) await control(env, 'info');
  return {
    until: (count: number): Promise<void> =>
      new Promise((settle) => {
        const check = (): void => (heard() >= count ? settle() : undefined);
        waiting.push(check);
        check();
      }),
    close: () => ended(subscription),
  };
}

function ended(program: ChildProcess): Promise<unknown> {
  if (program.exitCode !== null || program.signalCode !== null) return Promise.resolve();
  const exit = new Promise((resolve) => program.once('exit', resolve));
  program.kill();
  return exit;
}
