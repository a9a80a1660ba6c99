// Targets: whether one of your own does what the outbox relies on
export {
  type ConformanceCase,
  type ConformanceOptions,
  type ConformanceResult,
  runTargetConformance,
  targetConformance,
} from './target-conformance.ts';
export type { StoredFile, TargetFault } from './conformance-rules.ts';
