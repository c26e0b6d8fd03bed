/**
 * The entries of agents' versions, switches and knowledge in the table of isolation cases.
 *
 * @module
 */
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });
const silent = (what: string, input: Case["input"]): Case => ({ what, input, answer: "nothing_of_theirs" });
const ofAgent = (input: object = {}): Pick<Entry, "right" | "cases"> => ({
  right: ({ agentId }) => ({ agentId, ...input }),
  cases: [missing("the agent", (_own, { agentId }) => ({ agentId, ...input }))],
});

export const agentEntries: Record<string, Entry> = {
  "agents.publish": {
    tier: "writer",
    right: ({ agentId }) => ({ agentId, note: "Warmer" }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId })),
      missing("the agent, under a key", (_own, { agentId }) => ({ agentId, idempotencyKey: agentId })),
    ],
  },
  "agents.versions.list": {
    tier: "reader",
    right: ({ agentId }) => ({ agentId }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId })),
      silent("a cursor", (own) => ({ agentId: own.agentId, cursor: Buffer.from("[9]").toString("base64url") })),
    ],
  },
  "agents.versions.get": { tier: "reader", ...ofAgent({ version: 1 }) },
  "agents.versions.restore": { tier: "writer", ...ofAgent({ version: 1 }) },
  "agents.duplicate": {
    tier: "writer",
    right: ({ agentId }) => ({ agentId }),
    cases: [
      missing("the agent", (_own, { agentId }) => ({ agentId })),
      missing("the agent, under a key", (_own, { agentId }) => ({ agentId, idempotencyKey: agentId })),
    ],
  },
  // Refused for what it says: a channel sends its visitors to that agent.
  "agents.archive": { tier: "writer", ...ofAgent() },
  "agents.attachKnowledge": {
    tier: "writer",
    right: ({ agentId, sourceId }) => ({ agentId, sourceId }),
    cases: [
      missing("the agent", (own, { agentId }) => ({ agentId, sourceId: own.sourceId })),
      missing("the source", (own, { sourceId }) => ({ agentId: own.agentId, sourceId })),
      missing("both", (_own, { agentId, sourceId }) => ({ agentId, sourceId })),
    ],
  },
  "agents.detachKnowledge": {
    tier: "writer",
    right: ({ agentId, sourceId }) => ({ agentId, sourceId, all: true }),
    cases: [
      missing("the agent", (own, { agentId }) => ({ agentId, sourceId: own.sourceId, all: true })),
      silent("the source", (own, { sourceId }) => ({ agentId: own.agentId, sourceId, all: true })),
    ],
  },
  "agents.lint": { tier: "reader", ...ofAgent() },
};
