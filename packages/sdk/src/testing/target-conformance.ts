import type { UploadTarget } from '../upload-contract/target.ts';
import { type ConformanceRule, RULES, type StoredFile, type TargetFault } from './conformance-rules.ts';

/** What the suite is given. */
export interface ConformanceOptions {
  /** A target of the backend under test. Called once for each case. */
  createTarget: () => UploadTarget | Promise<UploadTarget>;
  /** What the backend has under a segment's id, asked past the target; undefined: nothing. */
  stored?: ((segmentId: string) => Promise<StoredFile | undefined>) | undefined;
  /** Tells the backend to fail. Without it the cases of failure are not run. */
  fault?: ((fault: TargetFault) => void | Promise<void>) | undefined;
  /** Largest file to try, in bytes. Default 1 MiB. */
  largestBytes?: number | undefined;
  /** A backend that takes other bytes under an id that it has: the case is not run. Default false. */
  overwrites?: boolean | undefined;
}

/** One case: a test of any framework, or none. */
export interface ConformanceCase {
  readonly name: string;
  /** Why it cannot be run with what was given; undefined: it can. */
  readonly notRun: string | undefined;
  /** Rejects with what is wrong. */
  readonly run: () => Promise<void>;
}

/** What became of a case. */
export interface ConformanceResult {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'not-run';
  /** What is wrong, or why it was not run. */
  readonly reason: string | undefined;
}

/** The cases, for a test of each: `for (const { name, run } of targetConformance({ … })) test(name, run);`. */
export function targetConformance(options: ConformanceOptions): readonly ConformanceCase[] {
  return RULES.map(({ name, needs, check }) => ({
    name,
    notRun: missing(needs, options),
    run: async () => {
      const target = await options.createTarget();
      // Known only now. A target without a method has no place for it, which is its right.
      if (needs === 'transcripts' && !target.sendTranscript) return;
      if (needs === 'sessions' && !target.sendSession) return;
      const fault = async (next: TargetFault): Promise<void> => options.fault?.(next);
      const stored = async (segmentId: string): Promise<StoredFile | undefined> => options.stored?.(segmentId);
      try {
        await check(target, { largestBytes: options.largestBytes ?? 1024 * 1024, fault, stored });
      } finally {
        await fault('none');
      }
    },
  }));
}

/** Runs them one after the other, for an environment without a test framework. Never rejects. */
export async function runTargetConformance(options: ConformanceOptions): Promise<ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  for (const { name, notRun, run } of targetConformance(options)) {
    if (notRun !== undefined) {
      results.push({ name, outcome: 'not-run', reason: notRun });
      continue;
    }
    const reason = await run().then(
      () => undefined,
      (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
    );
    results.push({ name, outcome: reason === undefined ? 'passed' : 'failed', reason });
  }
  return results;
}

function missing(
  needs: ConformanceRule['needs'],
  { fault, stored, overwrites }: ConformanceOptions,
): string | undefined {
  if (needs === 'fault' && !fault) return 'it needs `fault`';
  if (needs === 'stored' && !stored) return 'it needs `stored`';
  return needs === 'conflicts' && overwrites ? 'the backend overwrites' : undefined;
}
