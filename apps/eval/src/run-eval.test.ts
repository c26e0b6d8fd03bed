import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createLocalProvider } from "@axon/ai/local/provider";
import { createOpenAiProvider } from "@axon/ai/openai/provider";
import { answers } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi } from "@axon/testing/openai/fake-openai";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { readSets } from "./read-sets.ts";
import { runEval } from "./run-eval.ts";

let folder: string;
const write = (name: string, rows: object[]) => writeFile(join(folder, name), gzipSync(rows.map((row) => JSON.stringify(row)).join("\n")));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "axon-eval-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const titles = ["Returns", "Shipping", "Passwords", "Gift cards", "Opening hours"];
const passages = titles.map((title, index) => ({
  id: `p${index}`,
  doc_id: `d${index}`,
  title,
  text: `All about ${title.toLowerCase()}, number ${index}.`,
}));

it("measures a folder from its files to its numbers, on the embedded engine", async () => {
  await write("stackfaq.passages.jsonl.gz", passages);
  await write("stackfaq.questions.jsonl.gz", [
    ...titles.map((title, index) => ({
      id: `q${index}`,
      text: `Tell me about ${title}`,
      answerable: true,
      gold: [`p${index}`],
      answers: ["All about"],
    })),
    { id: "none", text: "Which planet is the largest?", answerable: false, gold: [], answers: [] },
    { id: "unsure", text: "And so on?", answerable: null, gold: [], answers: [] },
  ]);
  const { json, text } = await runEval({
    folder,
    provider: createLocalProvider(),
    databaseUrl: null,
    coefficientsFolder: null,
    say: () => {},
  });
  expect(Object.keys(json)).toEqual(["provider", "thresholds", "summary", "sets"]);
  expect(Object.keys(json.summary)).toEqual(
    "recallAt1 recallAt5 recallAt10 mrrAt10 mtragRecallAt5 xquadRecallAt5 xquadWorst auroc ece brier coverageAt95 answerIn4k".split(" "),
  );
  expect(json).toMatchObject({
    provider: "local",
    summary: { recallAt1: 1, mrrAt10: 1, auroc: 1, xquadWorst: null },
    sets: { stackfaq: { questions: 7, answerIn4k: 1 } },
  });
  expect(text).toContain("stackfaq");
}, 120_000);

it("fits a real model on answers that it wrote and on those that it declined, and writes what it found", async () => {
  const prepared = inject("testDatabase");
  const fake = await createFakeOpenAi();
  const home = await mkdtemp(join(tmpdir(), "axon-eval-"));
  const into = await mkdtemp(join(tmpdir(), "axon-eval-"));
  try {
    await writeFile(join(home, "stackfaq.passages.jsonl.gz"), gzipSync(passages.map((row) => JSON.stringify(row)).join("\n")));
    const lines = titles.flatMap((title, index) => [
      { id: `q${index}`, text: `What is known about ${title.toLowerCase()}?`, answerable: true, gold: [`p${index}`], answers: [] },
      { id: `n${index}`, text: `Which planet is number ${index} from the sun?`, answerable: false, gold: [], answers: [] },
    ]);
    await writeFile(join(home, "stackfaq.questions.jsonl.gz"), gzipSync(lines.map((row) => JSON.stringify(row)).join("\n")));
    fake.when(() => true, answers("All about it, number 1. [1]"));
    fake.when(({ body }) => JSON.stringify(body?.messages ?? "").includes("planet"), answers("", { action: "handoff" }));
    const { text } = await runEval({
      folder: home,
      provider: createOpenAiProvider({
        apiKey: fake.apiKey,
        baseUrl: fake.baseUrl,
        model: "gpt-test",
        embeddingModel: "text-embedding-3-small",
      }),
      databaseUrl: prepared.kind === "server" ? prepared.serverUrl : null,
      coefficientsFolder: into,
      say: () => {},
    });
    const written = await readFile(join(into, "openai.ts"), "utf8");
    expect(written).toContain('id: "openai-fit-3:gpt-test"');
    for (const feature of ["answered", "groundedMean", "topVector", "topTextLog"])
      expect(written).toMatch(new RegExp(`${feature}: \\{ mean: `));
    expect(written).toMatch(/data: "[0-9a-f]{12}"/);
    expect(text).toContain("documents that were not fitted on");
    await expect(readFile(join(into, "local.ts"))).rejects.toThrow("ENOENT");
  } finally {
    await fake.close();
    for (const one of [home, into]) await rm(one, { recursive: true, force: true });
  }
}, 120_000);

it("names the file and line of what is not in the format", async () => {
  await write("broken.passages.jsonl.gz", [{ id: 5 }]);
  await write("broken.questions.jsonl.gz", []);
  await expect(readSets(folder)).rejects.toThrow(/broken\.passages\.jsonl\.gz, line 1/);
});
