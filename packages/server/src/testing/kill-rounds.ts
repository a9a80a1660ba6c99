import type { Serving } from './built-command.ts';
import { sendLoad, type Acknowledged } from './load.ts';

/** What the kills left. */
export interface KillReport {
  acknowledged: Acknowledged[];
  /** Requests that were cut or refused. */
  refused: number;
}

/** Acknowledged segments before each kill: between these. */
const BETWEEN = [15, 60] as const;

/** Starts the server again and again and kills it under load, each time after another number of answers. */
export async function killRounds(start: () => Promise<Serving>, token: string, rounds: number): Promise<KillReport> {
  const report: KillReport = { acknowledged: [], refused: 0 };
  for (let round = 0; round < rounds; round++) {
    const { command, url } = await start();
    const stop = new AbortController();
    const [least, most] = BETWEEN;
    const enough = report.acknowledged.length + least + Math.floor(Math.random() * (most - least));
    await sendLoad({
      target: () => url,
      token,
      clients: 8,
      signal: stop.signal,
      onAcknowledged(segment) {
        report.acknowledged.push(segment);
        if (report.acknowledged.length !== enough) return;
        command.child.kill('SIGKILL');
        stop.abort();
      },
      onRefused: () => report.refused++,
    });
    await command.exit;
  }
  return report;
}
