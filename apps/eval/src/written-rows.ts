/**
 * What a model that writes makes of the questions: each is answered the way production answers it, and what its confidence
 * was made from becomes a row to fit on. It costs a model call or two for each question, so only some are asked.
 *
 * @module
 */
import { answer } from "@axon/ai/answer";
import { retrieve } from "@axon/core/knowledge";
import { withWorkspace } from "@axon/db/transaction";
import { type Asking, askAllAtOnce, historyOf } from "./ask-set.ts";
import type { FitRow } from "./fit.ts";
import { fittedSets, groupOf } from "./fit-models.ts";
import type { EvalQuestion, EvalSet } from "./read-sets.ts";

/** Passages in a prompt, and tokens of a reply, as an agent has them that nobody has changed. */
const topK = 8;
const maxTokens = 1024;
/** Of the questions, the share that may fail for the vendor's trouble before the run is given up. */
const failedShareMax = 0.1;

/** A row for each of at most `perSet` questions of a set. Throws when more than a tenth of them could not be asked. */
export async function writtenRows(
  sets: readonly EvalSet[],
  askingOf: (set: string) => Asking,
  { perSet, say }: { perSet: number; say: (text: string) => void },
): Promise<FitRow[]> {
  const rows: FitRow[] = [];
  let failed = 0;
  let asked = 0;
  for (const name of fittedSets) {
    const set = sets.find((one) => one.name === name);
    if (!set) continue;
    const questions = spread(questionsOf(name, set, sets), perSet);
    const made = await askAllAtOnce(questions, (question) => rowOf(name, set, askingOf(name), question));
    asked += questions.length;
    failed += made.filter((row) => row === "failed").length;
    rows.push(...made.flatMap((row) => (row === null || row === "failed" ? [] : row)));
    say(`${name}: ${questions.length} answers written`);
    if (failed > asked * failedShareMax) throw new Error(`${failed} of ${asked} answers could not be written: nothing is fitted`);
  }
  return rows;
}

/** The answerable questions of the passages that a set of unanswerable ones is asked of come with it. */
function questionsOf(name: string, set: EvalSet, sets: readonly EvalSet[]): EvalQuestion[] {
  const home = name === "squad2_offtopic" ? (sets.find((one) => one.name === "squad2")?.questions ?? []) : [];
  return [...set.questions, ...home.filter(({ answerable }) => answerable)].filter(({ answerable }) => answerable !== null);
}

function spread<Item>(items: readonly Item[], most: number): Item[] {
  const step = Math.max(1, items.length / most);
  return Array.from({ length: Math.min(items.length, most) }, (_, index) => items[Math.floor(index * step)]).flatMap((item) => item ?? []);
}

/** null for what is no question to the model, such as a thank-you. */
async function rowOf(name: string, set: EvalSet, asking: Asking, question: EvalQuestion): Promise<FitRow | "failed" | null> {
  const { database, provider, set: place } = asking;
  const { workspaceId } = place;
  const parts = answer(
    {
      provider,
      retrieve: (query) =>
        withWorkspace(database, workspaceId, (tx) =>
          retrieve({ workspaceId, tx }, { ...query, sourceIds: [], embedder: provider.embedder.id }),
        ),
    },
    {
      question: question.text,
      history: historyOf(question),
      agent: { name: "Ada", systemPrompt: "", model: null, temperature: 0, maxTokens, language: "auto", version: 1 },
      retrieval: { topK, minScore: 0 },
      threshold: 0,
    },
    {},
  );
  for await (const part of parts) {
    if (part.type !== "final") continue;
    const { reason, trace } = part.result;
    if (reason === "ai_error") return "failed";
    if (Object.keys(trace.confidence.inputs).length === 0) return null;
    // Who declines to answer says something too.
    return {
      set: name,
      group: groupOf(name, set, question),
      features: { answered: 0, ...trace.confidence.inputs },
      truth: question.answerable === true,
    };
  }
  throw new Error("an answer ended without a result");
}
