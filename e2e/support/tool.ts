import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** How a program ended: its exit code and all that it wrote, on both channels. */
export interface ToolEnd {
  code: number;
  output: string;
}

/** Runs a program to its end. A code other than 0 is an answer here, not a failure. */
export async function runToEnd(
  command: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<ToolEnd> {
  const [program = '', ...args] = command;
  try {
    const { stdout, stderr } = await execute(program, args, { maxBuffer: 64 * 1024 * 1024, ...options });
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const end = error as Error & { code?: number | string; stdout?: string; stderr?: string };
    if (typeof end.code !== 'number') throw error;
    return { code: end.code, output: `${end.stdout ?? ''}${end.stderr ?? ''}` };
  }
}

/** Runs a program that must succeed, and gives back what it wrote. */
export async function runOrThrow(
  command: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<string> {
  const { code, output } = await runToEnd(command, options);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with code ${code}:\n${output}`);
  return output;
}
