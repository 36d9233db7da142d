import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that take longest, so that none of them is left over for one thread at the end. */
const LONG_FIRST = ['test/vee/channel-months', 'test/run/', 'test/formats/', 'test/conformance/report/'];

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONG_FIRST.findIndex((part) => moduleId.includes(part));
      return found < 0 ? LONG_FIRST.length : found;
    };
    return [...(await super.sort(files))].sort((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    maxWorkers: 2,
    // What takes long stands in files of its own: `npm run test:long`.
    include: [process.env.READMILL_LONG === undefined ? 'test/**/*.test.ts' : 'test/**/*.long.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    sequence: { sequencer: LongFirst },
  },
});
