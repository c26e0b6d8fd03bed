import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

// Workspace packages are read from source; a build is never needed to test. Vitest resolves for tests and for the global
// setup in two environments, and each must be told.
const conditions = ["source", "node", "development|production"];

// What stands on no engine, or on the embedded one alone, comes out the same on real services: the run on the embedded engine has it.
const noEngine = [
  "packages/{ai,config,contracts,documents}/**",
  "packages/api/src/{rest,snapshot}/**",
  "packages/client/**",
  "packages/db/src/embedded/**",
  "packages/testing/src/engine-pool.test.ts",
  "packages/runtime/src/run.test.ts",
  "apps/cli/**",
];

// Those that take a minute and more begin first, or the run ends with one worker at one of them and the others idle.
const longOnes =
  /\/(isolation|crash-standalone|crash-production|drain|refresh-storm|kill|parser|twice|sim|model-trouble|sockets|live|http|widget)\.test\.ts$/;

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const inOrder = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longOnes.test(moduleId);
    return [...inOrder.filter(isLong), ...inOrder.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions } },
  environments: { __vitest__: { resolve: { conditions } } },
  test: {
    // One more than the cores of a small machine: most of them wait for sockets and other processes at any moment.
    maxWorkers: 3,
    // The files of a worker share its modules: nothing of ours keeps state in one, and reading them anew for each file took half of the time.
    isolate: false,
    sequence: { sequencer: LongOnesFirst },
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
          exclude: ["**/node_modules/**", ...(process.env.TEST_DATABASE_URL ? noEngine : [])],
          // A second each when idle; a database takes ten to open on a machine that does twenty other things.
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
