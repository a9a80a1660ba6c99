import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Vitest's own JSON report keeps the stack of an error and neither what differs nor the errors within it. This one keeps all
 * of it, for `count.mjs`. Written to the file that VITEST_REPORT_FILE names.
 */
export default class VitestReport {
  /**
   * @param {readonly import('vitest/node').TestModule[]} modules
   * @param {readonly import('vitest').SerializedError[]} unhandledErrors
   */
  async onTestRunEnd(modules, unhandledErrors) {
    const file = process.env['VITEST_REPORT_FILE'];
    if (file === undefined) throw new Error('VITEST_REPORT_FILE says where the report goes.');
    const files = modules.map((module) => ({
      name: module.moduleId,
      durationMs: module.diagnostic().duration,
      errors: module.errors(),
      tests: [...module.children.allTests()].map((test) => {
        const result = test.result();
        const note = result.state === 'skipped' ? result.note : undefined;
        return { fullName: test.fullName, state: result.state, errors: result.errors ?? [], note };
      }),
      // A hook that threw.
      suiteErrors: [...module.children.allSuites()].flatMap((suite) => suite.errors()),
    }));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ files, unhandledErrors }));
  }
}
