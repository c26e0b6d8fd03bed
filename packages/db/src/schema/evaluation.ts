/**
 * What agents are tried on before they are published, how they did, and how their answers fared with customers.
 *
 * @module
 */
import type { AgentSettings } from "@axon/contracts/agents";
import type { HistoryTurn } from "@axon/contracts/answers";
import { handoffReasons } from "@axon/contracts/answers";
import { outcomeSources } from "@axon/contracts/calibration";
import type { GoldenFailure } from "@axon/contracts/evaluation";
import { evaluationStates, goldenExpectations } from "@axon/contracts/evaluation";
import { gapStates } from "@axon/contracts/gaps";
import { sql } from "drizzle-orm";
import {
  boolean,
  doublePrecision,
  foreignKey,
  halfvec,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import { agent } from "./agents.ts";
import { engineRole, instant, tenantPolicy, workspaceId } from "./columns.ts";
import { turn } from "./conversations.ts";
import { embeddingDimensions } from "./knowledge.ts";

/** A question that an agent must keep answering well, or must keep its hands off. */
export const goldenQuestion = pgTable(
  "golden_question",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    agentId: uuid().notNull(),
    question: text().notNull(),
    history: jsonb().$type<HistoryTurn[]>().notNull().default([]),
    expect: text({ enum: goldenExpectations }).notNull(),
    /** What the answer must say; each may be written in several ways, with `|` between them. */
    facts: text().array().notNull().default(sql`'{}'::text[]`),
    /** What it must not say. */
    forbidden: text().array().notNull().default(sql`'{}'::text[]`),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.agentId], foreignColumns: [agent.workspaceId, agent.id] }).onDelete("cascade"),
    index().on(t.workspaceId, t.agentId, t.id),
    tenantPolicy("golden_question"),
  ],
);

/** One run of an agent's golden questions against one set of settings. */
export const evaluation = pgTable(
  "evaluation",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    agentId: uuid().notNull(),
    /** The version that was tried; null: the draft as it then was. */
    version: integer(),
    settings: jsonb().$type<AgentSettings>().notNull(),
    /** SHA-256 of the settings and of the questions: what is published must be what was tried. */
    settingsHash: text().notNull(),
    questionsHash: text().notNull(),
    state: text({ enum: evaluationStates }).notNull().default("queued"),
    done: integer().notNull().default(0),
    total: integer().notNull(),
    passed: integer().notNull().default(0),
    errorMessage: text(),
    leaseToken: integer().notNull().default(0),
    leaseUntil: instant(),
    attempts: integer().notNull().default(0),
    createdBy: uuid(),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
    endedAt: instant(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.agentId], foreignColumns: [agent.workspaceId, agent.id] }).onDelete("cascade"),
    index().on(t.workspaceId, t.agentId, t.id),
    index("evaluation_in_work").on(t.updatedAt).where(sql`state in ('queued', 'running')`),
    tenantPolicy("evaluation"),
    pgPolicy("evaluation_engine", { for: "select", to: engineRole, using: sql`state in ('queued', 'running')` }),
  ],
);

export const evaluationResult = pgTable(
  "evaluation_result",
  {
    workspaceId: workspaceId(),
    evaluationId: uuid().notNull(),
    position: integer().notNull(),
    questionId: uuid().notNull(),
    question: text().notNull(),
    passed: boolean().notNull(),
    failures: jsonb().$type<GoldenFailure[]>().notNull().default([]),
    action: text({ enum: ["answer", "handoff"] }).notNull(),
    answer: text().notNull(),
    confidence: doublePrecision().notNull(),
    reason: text({ enum: handoffReasons }),
    tookMs: integer().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.evaluationId, t.position] }),
    foreignKey({ columns: [t.workspaceId, t.evaluationId], foreignColumns: [evaluation.workspaceId, evaluation.id] }).onDelete("cascade"),
    tenantPolicy("evaluation_result"),
  ],
);

/** How a reply fared: what calibration is measured on. One of each source for a turn; the last word counts. */
export const replyOutcome = pgTable(
  "reply_outcome",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    turnId: uuid().notNull(),
    agentId: uuid().notNull(),
    source: text({ enum: outcomeSources }).notNull(),
    outcome: text({ enum: ["good", "bad"] }).notNull(),
    /** As it was when the reply was made, and by which coefficients. */
    confidence: doublePrecision().notNull(),
    confidenceModel: text().notNull(),
    comment: text(),
    /** The account or contact whose word it is; null for what was only observed. */
    byId: uuid(),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.turnId], foreignColumns: [turn.workspaceId, turn.id] }).onDelete("cascade"),
    foreignKey({ columns: [t.workspaceId, t.agentId], foreignColumns: [agent.workspaceId, agent.id] }).onDelete("cascade"),
    uniqueIndex("reply_outcome_one").on(t.workspaceId, t.turnId, t.source),
    index().on(t.workspaceId, t.agentId, t.createdAt),
    tenantPolicy("reply_outcome"),
  ],
);

/** A question that nothing in the knowledge answered. Those that ask the same share a `gapId`. */
export const questionGap = pgTable(
  "question_gap",
  {
    workspaceId: workspaceId(),
    id: uuid().notNull(),
    /** The question that the group began with. */
    gapId: uuid().notNull(),
    agentId: uuid().notNull(),
    turnId: uuid(),
    question: text().notNull(),
    reason: text({ enum: handoffReasons }).notNull(),
    confidence: doublePrecision().notNull(),
    state: text({ enum: gapStates }).notNull().default("open"),
    /** Words of it that stood in no document when it was asked. */
    lacking: text().array().notNull().default(sql`'{}'::text[]`),
    /** The document that answered it. */
    answeredBy: uuid(),
    embedding: halfvec({ dimensions: embeddingDimensions }),
    embedder: text(),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.id] }),
    foreignKey({ columns: [t.workspaceId, t.agentId], foreignColumns: [agent.workspaceId, agent.id] }).onDelete("cascade"),
    foreignKey({ columns: [t.workspaceId, t.turnId], foreignColumns: [turn.workspaceId, turn.id] }).onDelete("cascade"),
    uniqueIndex("question_gap_once").on(t.workspaceId, t.turnId).where(sql`turn_id is not null`),
    index().on(t.workspaceId, t.state, t.gapId, t.id),
    tenantPolicy("question_gap"),
  ],
);
