import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    maxWorkers: 2,
    // What takes long stands in files of its own: `npm run test:long`.
    include: [process.env.READMILL_LONG === undefined ? 'test/**/*.test.ts' : 'test/**/*.long.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
