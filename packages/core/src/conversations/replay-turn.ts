/**
 * Running a stored turn again: the same question, with another version of the agent or another state of the knowledge,
 * beside what was said then. It writes nothing and tells nobody.
 *
 * @module
 */
import type { AnswerResult } from "@axon/ai/answer";
import type { AgentSettings } from "@axon/contracts/agents";
import type { AnswerTrace, Citation } from "@axon/contracts/answers";
import type { ReplayOutput, ReplayPassage, ReplaySide, replayInput } from "@axon/contracts/replay";
import { conversation, message, replyTrace, turn } from "@axon/db/schema/conversations";
import { chunk, document } from "@axon/db/schema/knowledge";
import { and, eq, inArray, sql } from "drizzle-orm";
import type { z } from "zod";
import { type ReadAgent, readAgent, readAgentAt } from "../agents/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { notFound, Refusal } from "../errors.ts";
import { readHistory, readQuestion } from "./claim-turn.ts";
import type { ReplyDeps } from "./deps.ts";
import { wholeAnswer } from "./run-evaluation.ts";
import { diffTexts } from "./text-diff.ts";
import type { TurnRow } from "./turns.ts";

type ReplayInput = z.output<typeof replayInput>;

/**
 * Refuses with `not_found` (the turn, the message, the version), and with `invalid_state` a turn that did not run to its
 * end. Throws the signal's reason when aborted.
 */
export async function replayTurn(
  deps: Pick<ReplyDeps, "inWorkspace" | "provider">,
  workspaceId: string,
  input: ReplayInput,
  signal: AbortSignal,
): Promise<ReplayOutput> {
  const stored = await deps.inWorkspace(workspaceId, (ws) => readStored(ws, input));
  const asOf = input.asOf === undefined ? (input.knowledge === "then" ? stored.endedAt : null) : new Date(input.asOf).toISOString();
  const { question, history, agent } = stored;
  const asked = { workspaceId, agent, question, history, ...(asOf === null ? {} : { asOf }) };
  const result = await wholeAnswer(deps, asked, signal);
  const now = sideOf(result, agent.settings);
  const states = await deps.inWorkspace(workspaceId, (ws) => readPassages(ws, [...stored.before.hits, ...now.hits]));
  return {
    turnId: stored.turnId,
    conversationId: stored.conversationId,
    question,
    asOf,
    // biome-ignore lint/suspicious/noThenProperty: beside `now`, and never awaited
    then: stored.before,
    now,
    diff: compare(stored.before, now, states),
  };
}

interface StoredTurn {
  turnId: string;
  conversationId: string;
  endedAt: string;
  question: string;
  history: Awaited<ReturnType<typeof readHistory>>;
  agent: ReadAgent;
  before: ReplaySide;
}

async function readStored(ws: WorkspaceCtx, input: ReplayInput): Promise<StoredTurn> {
  const row = await readTurn(ws, input);
  const [kept] = await ws.tx
    .select({ trace: replyTrace.trace, at: replyTrace.createdAt })
    .from(replyTrace)
    .where(eq(replyTrace.turnId, row.id));
  if (!kept) throw new Refusal("invalid_state", "This turn has not run to its end: there is nothing to compare with");
  const [talk] = await ws.tx.select({ agentId: conversation.agentId }).from(conversation).where(eq(conversation.id, row.conversationId));
  const [reply] = await ws.tx
    .select({ text: message.text, citations: message.citations, confidence: message.confidence })
    .from(message)
    .where(and(eq(message.conversationId, row.conversationId), eq(message.turnId, row.id)));
  const agentId = kept.trace.agentId ?? talk?.agentId ?? "";
  return {
    turnId: row.id,
    conversationId: row.conversationId,
    endedAt: row.endedAt ?? kept.at,
    question: await readQuestion(ws, row),
    history: await readHistory(ws, row),
    agent: input.version === "live" ? await readAgent(ws, agentId) : await readAgentAt(ws, agentId, input.version),
    before: storedSide(kept.trace, reply ?? null),
  };
}

/** The turn itself, the one whose reply the message is, or the one whose burst it belongs to. */
async function readTurn(ws: WorkspaceCtx, { turnId, messageId }: ReplayInput): Promise<TurnRow> {
  if (turnId !== undefined) {
    const [row] = await ws.tx.select().from(turn).where(eq(turn.id, turnId));
    if (!row) throw notFound("turn");
    return row;
  }
  const [named] = await ws.tx
    .select({ turnId: message.turnId, conversationId: message.conversationId, seq: message.seq })
    .from(message)
    .where(eq(message.id, messageId ?? ""));
  if (!named) throw notFound("message");
  const [row] = await ws.tx
    .select()
    .from(turn)
    .where(
      named.turnId !== null
        ? eq(turn.id, named.turnId)
        : and(
            eq(turn.conversationId, named.conversationId),
            sql`${named.seq} between ${turn.firstSeq} and ${turn.lastSeq}`,
            inArray(turn.state, ["settled", "handed_off"]),
          ),
    )
    .limit(1);
  if (!row) throw notFound("turn of this message");
  return row;
}

function storedSide(trace: AnswerTrace, reply: { text: string; citations: Citation[] } | null): ReplaySide {
  return {
    action: trace.handoffReason === null ? "answer" : "handoff",
    answer: reply?.text ?? "",
    citations: reply?.citations ?? [],
    confidence: trace.confidence.value,
    reason: trace.handoffReason,
    version: trace.agentVersion,
    hits: trace.hits,
  };
}

function sideOf(result: AnswerResult, settings: AgentSettings): ReplaySide {
  const { action, text, citations, confidence, reason, trace } = result;
  const told = (settings.handoff.enabled ? settings.handoff.message : null) ?? settings.fallbackMessage;
  return {
    action,
    answer: action === "answer" ? text : told,
    citations,
    confidence,
    reason,
    version: trace.agentVersion,
    hits: trace.hits,
  };
}

type Passages = ReadonlyMap<string, { title: string; searchable: boolean }>;

async function readPassages(ws: WorkspaceCtx, hits: ReplaySide["hits"]): Promise<Passages> {
  const ids = [...new Set(hits.map(({ chunkId }) => chunkId))];
  if (ids.length === 0) return new Map();
  const rows = await ws.tx
    .select({ id: chunk.id, title: chunk.title, searchable: chunk.searchable })
    .from(chunk)
    .innerJoin(document, and(eq(document.workspaceId, chunk.workspaceId), eq(document.id, chunk.documentId)))
    .where(inArray(chunk.id, ids));
  return new Map(rows.map(({ id, ...row }) => [id, row]));
}

function compare(then: ReplaySide, now: ReplaySide, passages: Passages): ReplayOutput["diff"] {
  const cites = ({ citations }: ReplaySide) => new Set(citations.map(({ chunkId }) => chunkId));
  const [before, after] = [cites(then), cites(now)];
  return {
    actionChanged: then.action !== now.action,
    confidenceChange: now.confidence - then.confidence,
    citationsAdded: now.citations.filter(({ chunkId }) => !before.has(chunkId)),
    citationsRemoved: then.citations.filter(({ chunkId }) => !after.has(chunkId)),
    passagesAdded: onlyIn(now, then, passages),
    passagesRemoved: onlyIn(then, now, passages),
    text: diffTexts(then.answer, now.answer),
  };
}

function onlyIn(one: ReplaySide, other: ReplaySide, passages: Passages): ReplayPassage[] {
  const shown = new Set(other.hits.filter(({ inPrompt }) => inPrompt).map(({ chunkId }) => chunkId));
  return one.hits
    .filter(({ chunkId, inPrompt }) => inPrompt && !shown.has(chunkId))
    .map(({ chunkId, documentId }) => {
      const known = passages.get(chunkId);
      return { chunkId, documentId, title: known?.title ?? null, state: known ? (known.searchable ? "present" : "gone") : "deleted" };
    });
}
