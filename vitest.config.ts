import { defineConfig } from "vitest/config"

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
        },
      },
      {
        test: {
          name: "integration",
          include: ["{packages,apps}/*/test/**/*.integration.test.ts"],
          globalSetup: "packages/dev-postgres/src/globalSetup.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
