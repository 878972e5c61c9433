import { defineConfig } from "vitest/config"

// For a test that hangs. How fast something is, no test measures: the machine may be busy with other work.
const testTimeout = 120_000

// Two lanes here: `unit` needs only Node, `integration` shares one Postgres. The third, of kills and thousand-fold
// loops, is `vitest.faults.config.ts`.
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "unit",
          include: ["{packages,apps}/*/test/**/*.test.ts", "scripts/*.test.ts"],
          exclude: ["**/*.{integration,faults}.test.ts"],
          testTimeout,
        },
      },
      {
        test: {
          name: "integration",
          include: ["{packages,apps}/*/test/**/*.integration.test.ts"],
          globalSetup: "packages/dev-postgres/src/globalSetup.ts",
          testTimeout,
          hookTimeout: testTimeout,
        },
      },
    ],
  },
})
