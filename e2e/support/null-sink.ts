import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A sound server of its own with one sink that leads nowhere, and what is heard on that sink. */
export interface NullSink {
  /** For the browser's environment. */
  readonly server: string;
  /** Hears the sink until the function is called: mono, at 48 kHz. */
  listen(): () => Promise<Int16Array>;
  close(): Promise<void>;
}

/** Starts PulseAudio with a null sink. Undefined when it is not installed: `apt-get install pulseaudio pulseaudio-utils`. */
export async function openNullSink(): Promise<NullSink | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'turntape-pulse-'));
  const socket = join(folder, 'native');
  const env = { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder };
  const modules = [
    `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
    'module-null-sink sink_name=null rate=48000',
  ];
  const args = ['-n', '--exit-idle-time=-1', '--disallow-exit', '--log-target=stderr', '--log-level=info'];
  const pulse = spawn('pulseaudio', [...args, ...modules.flatMap((each) => ['-L', each])], { env });
  const started = await new Promise<boolean>((resolve) => {
    pulse.on('error', () => resolve(false));
    pulse.on('exit', () => resolve(false));
    pulse.stderr.on('data', (line: Buffer) => line.includes('null.monitor') && resolve(true));
  });
  if (!started) {
    await rm(folder, { recursive: true });
    return undefined;
  }
  const server = `unix:${socket}`;
  return {
    server,
    listen() {
      const format = ['--format=s16le', '--rate=48000', '--channels=1', '--latency-msec=20'];
      const parec = spawn('parec', ['-d', 'null.monitor', ...format], { env: { ...env, PULSE_SERVER: server } });
      const pieces: Buffer[] = [];
      parec.stdout.on('data', (piece: Buffer) => pieces.push(piece));
      return async () => {
        await ended(parec);
        const all = Buffer.concat(pieces);
        return new Int16Array(all.buffer.slice(all.byteOffset, all.byteOffset + (all.length & ~1)));
      };
    },
    async close() {
      await ended(pulse);
      await rm(folder, { recursive: true });
    },
  };
}

function ended(program: ChildProcess): Promise<unknown> {
  const exit = new Promise((resolve) => program.once('exit', resolve));
  program.kill();
  return exit;
}
