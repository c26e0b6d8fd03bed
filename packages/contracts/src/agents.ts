/**
 * An agent, its settings and their versions. Strict: an unknown setting is refused, not ignored.
 *
 * @module
 */
import { z } from "zod";
import { idempotencyKey, pageInput } from "./common.ts";

export const agentStatuses = ["draft", "live", "paused", "archived"] as const;
export type AgentStatus = (typeof agentStatuses)[number];

/** Sources that one agent may be limited to. */
export const agentSourcesMax = 100;

// Every field once, without its default: what a change may name is the same as what a new agent may.
const handoffFields = {
  /** When false the agent still says its fallback message, but no person is asked for. */
  enabled: z.boolean(),
  onLowConfidence: z.boolean(),
  onRequest: z.boolean(),
  /** After this many turns in a row without an answer a person is asked for even if `onLowConfidence` is off. */
  afterFailedTurns: z.int().min(1).max(20),
  /** Said instead of `fallbackMessage` when a person is asked for. */
  message: z.string().max(2000).nullable(),
};

const retrievalFields = {
  topK: z.int().min(1).max(30),
  /** Passages whose fused score (0..1) is below this never reach the prompt. */
  minScore: z.number().min(0).max(1),
  /** Source ids to answer from; empty means every source of the workspace. */
  sources: z.array(z.uuid()).max(agentSourcesMax),
  /** True: also from what is marked as internal. Customers hear what the agent reads. */
  internal: z.boolean(),
  /** Only documents that bear one of these labels; empty means any document. */
  labels: z.array(z.string().trim().min(1).max(60)).max(20),
  /** Only documents of this language, and those of no language; null means any. */
  locale: z
    .string()
    .max(35)
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "must be a BCP 47 tag")
    .nullable(),
};

const fields = {
  name: z.string().trim().min(1).max(80),
  description: z.string().max(500),
  systemPrompt: z.string().max(20_000),
  /** null: the model that the server is set to (`OPENAI_MODEL`). */
  model: z.string().max(100).nullable(),
  temperature: z.number().min(0).max(2),
  maxTokens: z.int().min(16).max(16_384),
  /** `auto` answers in the customer's language; otherwise a BCP 47 tag. */
  language: z
    .string()
    .max(35)
    .regex(/^(auto|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)$/, "must be auto or a BCP 47 tag"),
  greeting: z.string().max(2000),
  fallbackMessage: z.string().min(1).max(2000),
  /** null: the fitted model's own point of 90 % precision. */
  confidenceThreshold: z.number().min(0).max(1).nullable(),
  /** A burst of messages that arrive within this many milliseconds of each other is answered once. */
  replyDelayMs: z.int().min(0).max(30_000),
};

const handoffSettings = z.strictObject({
  enabled: handoffFields.enabled.default(true),
  onLowConfidence: handoffFields.onLowConfidence.default(true),
  onRequest: handoffFields.onRequest.default(true),
  afterFailedTurns: handoffFields.afterFailedTurns.default(3),
  message: handoffFields.message.default(null),
});

const retrievalSettings = z.strictObject({
  topK: retrievalFields.topK.default(8),
  minScore: retrievalFields.minScore.default(0),
  sources: retrievalFields.sources.default([]),
  internal: retrievalFields.internal.default(false),
  labels: retrievalFields.labels.default([]),
  locale: retrievalFields.locale.default(null),
});

/** Everything about an agent that a reply depends on; what is published of it is an immutable version. */
export const agentSettings = z.strictObject({
  name: fields.name,
  description: fields.description.default(""),
  systemPrompt: fields.systemPrompt.default(""),
  model: fields.model.default(null),
  temperature: fields.temperature.default(0.3),
  maxTokens: fields.maxTokens.default(1024),
  language: fields.language.default("auto"),
  greeting: fields.greeting.default(""),
  fallbackMessage: fields.fallbackMessage.default(
    "I'm not certain about that, so I've asked a colleague to help. They will reply to you here.",
  ),
  confidenceThreshold: fields.confidenceThreshold.default(null),
  handoff: handoffSettings.prefault({}),
  retrieval: retrievalSettings.prefault({}),
  replyDelayMs: fields.replyDelayMs.default(600),
});
export type AgentSettings = z.infer<typeof agentSettings>;

const status = z.enum(agentStatuses);

/** The first version is live at once, unless `status` says otherwise. */
export const createAgentInput = agentSettings.extend({ status: status.default("live"), idempotencyKey });
export type CreateAgentInput = z.infer<typeof createAgentInput>;

/**
 * Only what is given changes, and it changes the draft; `status` alone takes effect at once. Objects (`handoff`, `retrieval`)
 * are merged one level deep.
 */
export const updateAgentInput = z
  .strictObject({
    ...fields,
    handoff: z.strictObject(handoffFields).partial(),
    retrieval: z.strictObject(retrievalFields).partial(),
    status,
  })
  .partial()
  .extend({ agentId: z.uuid() });
export type UpdateAgentInput = z.infer<typeof updateAgentInput>;

export const agentRef = z.object({ agentId: z.uuid() });
export const listAgentsInput = pageInput;

/** Why a version was made, in the words of whoever made it. */
const note = z.string().trim().max(500).optional();

/** `force` publishes although the agent's golden set says no. */
export const publishAgentInput = agentRef.extend({ note, force: z.boolean().default(false), idempotencyKey });
export type PublishAgentInput = z.output<typeof publishAgentInput>;

const versionNumber = z.int().min(1).max(1_000_000_000);
/** `draft`: what `publish` would make live. */
export const whichVersion = z.union([z.literal("draft"), versionNumber]);
export type WhichVersion = z.infer<typeof whichVersion>;

export const listVersionsInput = pageInput.extend({ agentId: z.uuid() });
export const versionRef = agentRef.extend({ version: versionNumber });
export const restoreVersionInput = versionRef.extend({ note, idempotencyKey });
export type RestoreVersionInput = z.output<typeof restoreVersionInput>;

/** Without a name it is the agent's own with "(copy)" behind it. */
export const duplicateAgentInput = agentRef.extend({ name: fields.name.optional(), idempotencyKey });
export type DuplicateAgentInput = z.output<typeof duplicateAgentInput>;

export const attachKnowledgeInput = z.object({ agentId: z.uuid(), sourceId: z.uuid() });
/** `all`: yes, the agent may answer from the whole workspace when this was its last source. */
export const detachKnowledgeInput = attachKnowledgeInput.extend({ all: z.boolean().default(false) });

/** Either an agent's instructions, the draft unless another version is named, or a text that nobody has saved. */
export const lintAgentInput = z.union([
  z.strictObject({ agentId: z.uuid(), version: whichVersion.default("draft") }),
  z.strictObject({ systemPrompt: fields.systemPrompt, language: fields.language.default("auto") }),
]);
export type LintAgentInput = z.output<typeof lintAgentInput>;

export const lintRules = [
  "no_handoff",
  "always_answers",
  "own_format",
  "ignores_passages",
  "invents",
  "no_citations",
  "cites_itself",
  "promises",
  "acts",
  "language",
  "secret",
  "long",
] as const;
export type LintRule = (typeof lintRules)[number];

/** Something in an agent's instructions that works against how Axon answers. */
export const lintWarning = z.object({
  rule: z.enum(lintRules),
  /** `error`: the agent will not do as it is told, or must not. `warning`: it will do worse. */
  severity: z.enum(["error", "warning"]),
  message: z.string(),
  /** The words, as they stand in the instructions. A secret is not repeated. */
  excerpt: z.string(),
  /** Where they begin, in characters from the start. */
  at: z.int(),
});
export type LintWarning = z.infer<typeof lintWarning>;
export const lintOutput = z.object({ warnings: z.array(lintWarning) });

/**
 * The settings are those of the live version. `confidenceThreshold` here is the one in force, the fitted default when the
 * setting is null.
 */
export const agent = agentSettings.extend({
  id: z.uuid(),
  /** The live one. */
  version: z.int(),
  status,
  confidenceThreshold: z.number(),
  hasDraft: z.boolean(),
  /** What `publish` would make live; null: the same as the live version. */
  draft: agentSettings.nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Agent = z.infer<typeof agent>;

/** `warnings` are about the instructions that were saved or published. */
export const changedAgent = agent.extend({ warnings: z.array(lintWarning) });
export type ChangedAgent = z.infer<typeof changedAgent>;

export const agentVersionInfo = z.object({
  agentId: z.uuid(),
  version: z.int(),
  live: z.boolean(),
  note: z.string().nullable(),
  /** The version that this one brought back; null for one that was published. */
  restoredFrom: z.int().nullable(),
  createdAt: z.string(),
  /** The account; null for an API key or Axon itself. */
  createdBy: z.uuid().nullable(),
});
export type AgentVersionInfo = z.infer<typeof agentVersionInfo>;
export const agentVersionWhole = agentVersionInfo.extend({ settings: agentSettings });
export type AgentVersionWhole = z.infer<typeof agentVersionWhole>;
