import { defineConfig } from "vitest/config";

// Workspace packages are read from source; a build is never needed to test. Vitest resolves for tests and for the global
// setup in two environments, and each must be told.
const conditions = ["source", "node", "development|production"];

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions } },
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: "house", include: ["scripts/*.test.ts"], testTimeout: 30_000 },
      },
      {
        extends: true,
        test: {
          name: "unit",
          globalSetup: ["packages/testing/src/global-setup.ts"],
          include: ["packages/*/src/**/*.test.ts", "apps/*/src/**/*.test.ts"],
          // What is about the embedded engine itself is the same on every run, and is left to the run that is on it.
          exclude: process.env.TEST_DATABASE_URL ? ["packages/db/src/embedded/**", "**/node_modules/**"] : ["**/node_modules/**"],
          // A second each when idle; a database takes ten to open on a machine that does twenty other things.
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
