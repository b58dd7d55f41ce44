import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: [
            'packages/*/test/**/*.test.ts',
            'signaling-server/test/**/*.test.ts',
            'e2e/unit/**/*.test.ts',
          ],
          testTimeout: 30_000,
        },
      },
    ],
  },
});
