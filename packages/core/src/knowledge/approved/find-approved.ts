/**
 * The approved answer to a customer's question, if there is one whose question asks the same. Who may have asked it, and
 * what the agent may answer from, are conditions of one statement; which of the candidates asks the same is decided by
 * `same-question`, which errs towards no.
 *
 * @module
 */
import type { ApprovedMatch } from "@axon/ai/approved";
import { quoteLexeme } from "@axon/ai/lexical/tsvector";
import type { RetrievalQuery } from "@axon/ai/retrieval";
import { questionLikeness, readQuestion, sameQuestionMin, standsAlone } from "@axon/ai/same-question";
import { type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import type { RetrieveFilter } from "../retrieval/input.ts";
import { filtered } from "../retrieval/parts.ts";
import { embedLater } from "./view.ts";

export interface ApprovedScope {
  /** Only these sources; empty means every source of the workspace. */
  sourceIds: readonly string[];
  filter: RetrieveFilter;
  /** Who made the question's vector. */
  embedder: string;
  /** True when the customer has said something before: the vector then holds that too, and a follow-up means something else. */
  followsUp: boolean;
  /** An ISO instant: answers that stood as they stand now. */
  asOf?: string;
}

interface Candidate extends Record<string, unknown> {
  id: string;
  answer: string;
  question: string;
  embedder: string | null;
  cosine: number | null;
  documentId: string;
  name: string;
  chunkId: string | null;
}

/** Questions that are compared one by one, of each way to find them. */
const candidatesPerWayMax = 20;
/** What is shown of the answer where it is cited, in characters. */
const quoteCharsMax = 300;
/** The measured share of right ones among those that were found (none of 58 was wrong), and where it comes near to 1. */
const scores = { least: 0.98, most: 0.99 };
/** Missing vectors are asked for once in this many milliseconds. */
const embedBucketMs = 60_000;

/** Null when nothing asks the same. */
export async function findApproved(
  ws: WorkspaceCtx,
  scope: ApprovedScope,
  question: string,
  query: RetrievalQuery,
): Promise<ApprovedMatch | null> {
  const asked = readQuestion(question);
  if (asked.plain === "") return null;
  const rows = await ws.tx.execute<Candidate>(statement(ws.workspaceId, scope, question, query));
  if (rows.some((row) => row.embedder !== scope.embedder)) embedLater(ws, `missing-${Math.floor(Date.now() / embedBucketMs)}`);
  const alone = !scope.followsUp || standsAlone(question);
  let best: { row: Candidate; likeness: number } | null = null;
  for (const row of rows) {
    const likeness = questionLikeness(asked, readQuestion(row.question), meaningOf(row, scope));
    if (likeness > (best?.likeness ?? 0)) best = { row, likeness };
  }
  if (best === null || best.likeness < (alone ? sameQuestionMin : 1)) return null;
  return toMatch(best.row, best.likeness);
}

/** Only of a model that knows what words mean, and only for the question alone: hashed vectors say what the words say already. */
function meaningOf({ embedder, cosine }: Candidate, scope: ApprovedScope): number | null {
  return scope.followsUp || embedder !== scope.embedder || scope.embedder.startsWith("local:") ? null : cosine;
}

function toMatch({ id, answer, question, documentId, name, chunkId }: Candidate, likeness: number): ApprovedMatch {
  const rise = Math.max(0, likeness - sameQuestionMin) / (1 - sameQuestionMin);
  return {
    answerId: id,
    question,
    text: answer,
    score: scores.least + (scores.most - scores.least) * rise,
    citation: chunkId === null ? null : { documentId, title: name, chunkId, quote: answer.slice(0, quoteCharsMax) },
  };
}

function statement(workspaceId: string, scope: ApprovedScope, question: string, query: RetrievalQuery): SQL {
  const words = query.lexemes.map(({ lexeme }) => quoteLexeme(lexeme)).join(" | ");
  const ways = sql.raw(String(candidatesPerWayMax));
  return sql`
    with may as materialized (
      select q.answer_id, q.question, q.embedder, q.lexemes, a.answer, a.document_id, d.name,
        case when q.embedder = ${scope.embedder} then 1 - (q.embedding <=> ${JSON.stringify([...query.vector])}::halfvec) end as cosine
      from approved_answer a
        join document d on d.workspace_id = a.workspace_id and d.id = a.document_id
        join approved_question q on q.workspace_id = a.workspace_id and q.answer_id = a.id
      where a.workspace_id = ${workspaceId}::uuid and a.enabled${allowed(scope)}
    ),
    found as (
      (select * from may where lexemes @@ ${words}::tsquery order by ts_rank('{1,1,1,1}', lexemes, ${words}::tsquery, 1) desc, question limit ${ways})
      union all
      (select * from may where cosine is not null order by cosine desc, question limit ${ways})
      union all
      (select * from may where lower(question) = lower(${question}) limit ${ways})
    )
    select found.answer_id as id, found.answer, found.question, found.embedder, found.cosine, found.document_id as "documentId", found.name,
      (select c.id from chunk c where c.workspace_id = ${workspaceId}::uuid and c.document_id = found.document_id and c.searchable
        order by position(left(found.answer, 40) in c.text) = 0, c.ordinal limit 1) as "chunkId"
    from found`;
}

function allowed({ asOf, ...scope }: ApprovedScope): SQL {
  const then = asOf === undefined ? sql`` : sql` and a.updated_at <= ${asOf}::timestamptz`;
  return sql`${filtered(scope, sql`d`)}${then}`;
}
