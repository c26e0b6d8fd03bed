/**
 * An agent and its settings. Strict: an unknown setting is refused, not ignored.
 *
 * @module
 */
import { z } from "zod";
import { idempotencyKey, pageInput } from "./common.ts";

export const agentStatuses = ["draft", "live", "paused", "archived"] as const;

const handoffSettings = z.strictObject({
  /** When false the agent still says its fallback message, but no person is asked for. */
  enabled: z.boolean().default(true),
  onLowConfidence: z.boolean().default(true),
  onRequest: z.boolean().default(true),
  /** After this many turns in a row without an answer a person is asked for even if `onLowConfidence` is off. */
  afterFailedTurns: z.int().min(1).max(20).default(3),
  /** Said instead of `fallbackMessage` when a person is asked for. */
  message: z.string().max(2000).nullable().default(null),
});

const retrievalSettings = z.strictObject({
  topK: z.int().min(1).max(30).default(8),
  /** Passages whose fused score (0..1) is below this never reach the prompt. */
  minScore: z.number().min(0).max(1).default(0),
  /** Source ids to answer from; empty means every source of the workspace. */
  sources: z.array(z.uuid()).max(100).default([]),
});

/** Everything about an agent that a reply depends on; each change makes a new immutable version. */
export const agentSettings = z.strictObject({
  name: z.string().trim().min(1).max(80),
  description: z.string().max(500).default(""),
  systemPrompt: z.string().max(20_000).default(""),
  /** null: the model that the server is set to (`OPENAI_MODEL`). */
  model: z.string().max(100).nullable().default(null),
  temperature: z.number().min(0).max(2).default(0.3),
  maxTokens: z.int().min(16).max(16_384).default(1024),
  /** `auto` answers in the customer's language; otherwise a BCP 47 tag. */
  language: z
    .string()
    .max(35)
    .regex(/^(auto|[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*)$/, "must be auto or a BCP 47 tag")
    .default("auto"),
  greeting: z.string().max(2000).default(""),
  fallbackMessage: z
    .string()
    .min(1)
    .max(2000)
    .default("I'm not certain about that, so I've asked a colleague to help. They will reply to you here."),
  /** null: the fitted model's own point of 90 % precision. */
  confidenceThreshold: z.number().min(0).max(1).nullable().default(null),
  handoff: handoffSettings.prefault({}),
  retrieval: retrievalSettings.prefault({}),
  /** A burst of messages that arrive within this many milliseconds of each other is answered once. */
  replyDelayMs: z.int().min(0).max(30_000).default(600),
  status: z.enum(agentStatuses).default("live"),
});
export type AgentSettings = z.infer<typeof agentSettings>;

export const createAgentInput = agentSettings.extend({ idempotencyKey });
export type CreateAgentInput = z.infer<typeof createAgentInput>;

/** Only what is given changes. Objects (`handoff`, `retrieval`) are merged one level deep. */
export const updateAgentInput = z.strictObject({
  agentId: z.uuid(),
  name: agentSettings.shape.name.optional(),
  description: z.string().max(500).optional(),
  systemPrompt: z.string().max(20_000).optional(),
  model: z.string().max(100).nullable().optional(),
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().min(16).max(16_384).optional(),
  language: agentSettings.shape.language.unwrap().optional(),
  greeting: z.string().max(2000).optional(),
  fallbackMessage: z.string().min(1).max(2000).optional(),
  confidenceThreshold: z.number().min(0).max(1).nullable().optional(),
  handoff: z
    .strictObject({
      enabled: z.boolean().optional(),
      onLowConfidence: z.boolean().optional(),
      onRequest: z.boolean().optional(),
      afterFailedTurns: z.int().min(1).max(20).optional(),
      message: z.string().max(2000).nullable().optional(),
    })
    .optional(),
  retrieval: z
    .strictObject({
      topK: z.int().min(1).max(30).optional(),
      minScore: z.number().min(0).max(1).optional(),
      sources: z.array(z.uuid()).max(100).optional(),
    })
    .optional(),
  replyDelayMs: z.int().min(0).max(30_000).optional(),
  status: z.enum(agentStatuses).optional(),
});
export type UpdateAgentInput = z.infer<typeof updateAgentInput>;

export const agentRef = z.object({ agentId: z.uuid() });
export const listAgentsInput = pageInput;

/** `confidenceThreshold` here is the one in force, the fitted default when the setting is null. */
export const agent = agentSettings.extend({
  id: z.uuid(),
  version: z.int(),
  confidenceThreshold: z.number(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Agent = z.infer<typeof agent>;
