/**
 * How well and how fast is knowledge searched, in a database of a thousand small workspaces and a big one? Axon's own search, as
 * the application's role and behind its fences, beside the design that everybody builds first: one vector index for all, default
 * settings, other tenants' rows filtered out afterwards. Both take turns within one run.
 *
 * @module
 */

import { createInWorkspace, type InWorkspace } from "@axon/core/context";
import { indexWorkspace, retrieve } from "@axon/core/knowledge";
import type { Database } from "@axon/db/connect";
import type { Installation } from "./installation.ts";
import { quantile } from "./numbers.ts";
import { type OwnedDatabase, type Owner, onOwnDatabase, secondsOf } from "./owned.ts";
import type { BenchResult } from "./result.ts";
import { createCorpus, type Question, topics } from "./vectors/corpus.ts";
import { type LoadedWorkspace, loadCorpus } from "./vectors/load.ts";
import { askNaively, buildNaive } from "./vectors/naive.ts";

const small = { workspaces: 1_000, chunks: 100, topics: 5, asked: 200 };
const big = { chunks: 100_000, asked: 100, compared: 30 };
const found = 10;
/** As many hits as an answer asks for. */
const hitsForAnswer = 20;
const embedder = "bench:1";
/** Before a turn as many others are asked, or the first questions after another design pay for what it pushed out of the cache. */
const askedToWarmUp = 75;
/** In which each variant is asked its part of the questions. */
const turns = 4;
/** What the indexes are built with; a server that is to hold big workspaces should have as much. */
const buildSettings = "set maintenance_work_mem = '1500MB'; set max_parallel_maintenance_workers = 2";

interface Asked {
  workspace: LoadedWorkspace;
  question: Question;
  /** The nearest, by comparing all. */
  nearest: Set<string>;
}

interface Measured {
  recall: number[];
  times: number[];
}

/** `scale`: part of the chunks and workspaces, 0 to 1, for a quick try. */
export function vectors(installation: Installation, scale: number): Promise<BenchResult> {
  return onOwnDatabase("vectors", installation, (on) => measure(on, scale));
}

async function measure({ owner, app, timed, took }: OwnedDatabase, scale: number): Promise<BenchResult> {
  const inWorkspace = createInWorkspace(app, () => {});
  const corpus = createCorpus(1);
  const all = Array.from({ length: topics }, (_, topic) => topic);
  const sizes = [Math.round(big.chunks * scale), ...Array<number>(Math.round(small.workspaces * scale)).fill(small.chunks)];
  const topicsOf = sizes.map((_, at) => (at === 0 ? all : Array.from({ length: small.topics }, () => corpus.pick(topics))));
  const rebuild = await withoutIndexes(owner);
  const loaded = await timed("load", () =>
    loadCorpus(owner, corpus, {
      ...{ sizes, embedder, indexed: (at) => at === 0, topicsOf: (at) => topicsOf[at] ?? all },
      questionsOf: (at) => (at === 0 ? big.asked : at <= small.asked ? 1 : 0),
    }),
  );
  await owner.unsafe(buildSettings);
  for (const [name, definition] of rebuild) await timed(`index ${name}`, () => owner.unsafe(definition));
  await timed("naive index", () => buildNaive(owner));
  await owner.unsafe("vacuum analyze");
  await owner.unsafe("checkpoint"); // Or what was loaded is written to disk while the questions are asked.
  const [bigOne, ...smallOnes] = loaded;
  if (!bigOne) throw new Error("nothing was loaded");
  await timed("upkeep of the big one", () =>
    indexWorkspace({ inWorkspace }, { workspaceId: bigOne.id }, { signal: new AbortController().signal }),
  );
  const asked = {
    small: await timed("truth, small", () => truths(owner, smallOnes)),
    big: await timed("truth, big", () => truths(owner, [bigOne])),
  };
  const measured = await timed("questions", () => askInTurns(app, inWorkspace, asked));
  return report(owner, measured, took, scale);
}

/** The indexes of big workspaces are built when all rows are there. Gives what builds them. */
async function withoutIndexes(owner: Owner): Promise<[name: string, definition: string][]> {
  const names = ["chunk_near", "chunk_by_word"];
  const rows = await owner<{ name: string; definition: string }[]>`
    select indexname as name, indexdef as definition from pg_indexes where indexname in ${owner(names)}`;
  if (rows.length !== names.length) throw new Error("the indexes of big workspaces have other names now");
  for (const name of names) await owner.unsafe(`drop index ${name}`);
  return rows.map(({ name, definition }) => [name, definition]);
}

async function truths(owner: Owner, workspaces: readonly LoadedWorkspace[]): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const workspace of workspaces) {
    for (const question of workspace.questions) {
      const rows = await owner<{ id: string }[]>`
        select id from chunk where workspace_id = ${workspace.id} order by (embedding <=> ${literalOf(question.vector)}::halfvec) + 0 limit ${found}`;
      asked.push({ workspace, question, nearest: new Set(rows.map(({ id }) => id)) });
    }
  }
  return asked;
}

/**
 * Axon's two ways take turns of many questions; the naive design comes after them, since two that push each other's index out of
 * the cache are nobody's installation.
 */
async function askInTurns(
  app: Database,
  inWorkspace: InWorkspace,
  asked: { small: Asked[]; big: Asked[] },
): Promise<Record<string, Measured>> {
  const search = async ({ workspace, question }: Asked, words: boolean, everything = false) => {
    const lexemes = words ? question.words.map((lexeme) => ({ lexeme, weight: 1 })) : [];
    const asking = { vector: question.vector, lexemes, limit: words ? hitsForAnswer : found, sourceIds: [], embedder };
    const { hits } = await inWorkspace(workspace.id, (ws) => retrieve(ws, { ...asking, unpublished: everything }));
    return hits.map(({ chunkId }) => chunkId).slice(0, found);
  };
  const naively = (one: Asked) => askNaively(app, one.workspace.id, literalOf(one.question.vector), found);
  const groups: Record<string, (one: Asked) => Promise<string[]>>[] = [
    { vectors: (one) => search(one, false), hybrid: (one) => search(one, true) },
    { "one index for all, filtered after": naively },
  ];
  const measured: Record<string, Measured> = {};
  for (const size of ["small", "big"] as const) {
    // Comparing every chunk of the big one takes seconds: some of its questions show what the indexes miss.
    const compared = size === "small" ? asked.small.length : big.compared;
    const exact = new Map<Asked, ReadonlySet<string>>();
    for (const one of asked[size].slice(0, compared)) exact.set(one, new Set(await search(one, true, true)));
    for (const variants of groups) {
      for (let turn = 0; turn < turns; turn++) {
        const mine = asked[size].filter((_, at) => at % turns === turn);
        const others = asked[size].filter((_, at) => at % turns !== turn).slice(0, askedToWarmUp);
        for (const [variant, ask] of Object.entries(variants)) {
          const into = measured[`${size}: ${variant}`] ?? { recall: [], times: [] };
          measured[`${size}: ${variant}`] = into;
          for (const one of others) await ask(one);
          await takeTurn(mine, ask, (one) => (variant === "hybrid" ? exact.get(one) : one.nearest), into);
        }
      }
    }
  }
  return measured;
}

async function takeTurn(
  questions: readonly Asked[],
  ask: (one: Asked) => Promise<string[]>,
  truthOf: (one: Asked) => ReadonlySet<string> | undefined,
  { recall, times }: Measured,
): Promise<void> {
  for (const one of questions) {
    const fromMs = performance.now();
    const ids = await ask(one);
    times.push(performance.now() - fromMs);
    const truth = truthOf(one);
    if (truth && truth.size > 0) recall.push(ids.filter((id) => truth.has(id)).length / Math.min(found, truth.size));
  }
}

async function report(
  owner: Owner,
  measured: Record<string, Measured>,
  took: Readonly<Record<string, number>>,
  scale: number,
): Promise<BenchResult> {
  const sizes = await owner<{ name: string; mb: number }[]>`
    select relname as name, round(pg_relation_size(oid) / 1e6)::int as mb from pg_class
    where relname in ('chunk', 'chunk_near', 'chunk_by_word', 'chunk_searched', 'chunk_not_indexed', 'naive_chunk', 'naive_near') order by relname`;
  const row = (variant: string) => {
    const { recall = [], times = [] } = measured[variant] ?? {};
    return [recall.reduce((sum, value) => sum + value, 0) / recall.length, quantile(times, 0.5), quantile(times, 0.95), times.length];
  };
  const variants = Object.keys(measured).toSorted();
  return {
    name: "vectors",
    about: `${Math.round(big.chunks * scale)} chunks in one workspace and ${small.chunks} in each of ${Math.round(small.workspaces * scale)}, searched as the application does, row-level security on`,
    columns: ["recall@10", "p50 ms", "p95 ms", "questions"],
    rows: variants.map((variant) => ({ variant, values: row(variant) })),
    ratios: ["small: vectors", "big: vectors", "small: hybrid", "big: hybrid"].flatMap((variant) => [
      { what: `${variant}, recall@10`, value: row(variant)[0] ?? Number.NaN, goal: "at least 0.98" },
      { what: `${variant}, p95 ms`, value: row(variant)[2] ?? Number.NaN, goal: variant.endsWith("vectors") ? "at most 10" : "at most 30" },
    ]),
    notes: [
      "recall of vectors is against comparing all of the workspace's vectors; of hybrid, against Axon's own exact search",
      `it took: ${secondsOf(took)}`,
      `sizes: ${sizes.map(({ name, mb }) => `${name} ${mb} MB`).join(", ")}`,
    ],
  };
}

function literalOf(vector: Float32Array): string {
  return `[${Array.from(vector, (value) => value.toPrecision(5)).join(",")}]`;
}
