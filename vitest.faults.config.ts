import { defineConfig } from "vitest/config"

// Kills, cuts, seeds and thousand-fold loops: one file at a time, so that a deadline measures the code and not its neighbours.
export default defineConfig({
  test: {
    name: "faults",
    include: ["{packages,apps}/*/test/**/*.faults.test.ts"],
    globalSetup: "packages/dev-postgres/src/globalSetup.ts",
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
})
