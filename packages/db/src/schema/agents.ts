/**
 * Agents and their immutable versions.
 *
 * @module
 */
import type { AgentSettings } from "@axon/contracts/agents";
import { agentStatuses } from "@axon/contracts/agents";
import { sql } from "drizzle-orm";
import { foreignKey, integer, jsonb, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, tenantPolicy, workspaceId } from "./columns.ts";
import { workspace } from "./workspaces.ts";

export const agent = pgTable(
  "agent",
  {
    workspaceId: workspaceId().references(() => workspace.id, { onDelete: "cascade" }),
    id: uuid().notNull(),
    name: text().notNull(),
    /** The version that answers. */
    version: integer().notNull(),
    createdAt: instant().notNull().default(sql`now()`),
    updatedAt: instant().notNull().default(sql`now()`),
    /** In force at once and for every version: the switch that stops an agent. Null: as the live version says (agents of before). */
    status: text({ enum: agentStatuses }),
    /** What `publish` will make a version of; null: the same as the live version. */
    draft: jsonb().$type<AgentSettings>(),
    draftUpdatedAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.workspaceId, t.id] }), tenantPolicy("agent")],
);

/** The settings as they were. Never updated: every reply's trace points at one. */
export const agentVersion = pgTable(
  "agent_version",
  {
    workspaceId: workspaceId(),
    agentId: uuid().notNull(),
    version: integer().notNull(),
    settings: jsonb().$type<AgentSettings>().notNull(),
    createdBy: uuid(),
    createdAt: instant().notNull().default(sql`now()`),
    /** What changed, in the words of who published it. */
    note: text(),
    /** The version that it is a copy of, when it was brought back. */
    restoredFrom: integer(),
  },
  (t) => [
    primaryKey({ columns: [t.workspaceId, t.agentId, t.version] }),
    foreignKey({ columns: [t.workspaceId, t.agentId], foreignColumns: [agent.workspaceId, agent.id] }).onDelete("cascade"),
    tenantPolicy("agent_version"),
  ],
);
