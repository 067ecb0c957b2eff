import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders of `test/` by what a file takes, the longest first. A long file that starts last keeps one worker busy alone. */
const LONGEST_FIRST = ['instances', 'package', 'cli', 'process', 'contracts', 'browser'];

function getRank({ moduleId }: TestSpecification): number {
  const rank = LONGEST_FIRST.findIndex((folder) => moduleId.includes(`/test/${folder}/`));
  return rank === -1 ? LONGEST_FIRST.length : rank;
}

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => getRank(a) - getRank(b));
  }
}

export default defineConfig({
  test: {
    dir: 'test',
    sequence: { sequencer: LongestFirst },
    // Browsers and processes start slowly on a small, busy machine; no test waits for time to pass.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
    // Much of the time is spent waiting for browsers and processes: with two workers a quarter of two cores is idle.
    maxWorkers: 4,
    // Loading the source anew for each file took half of the processor time of a small one.
    isolate: false,
  },
});
