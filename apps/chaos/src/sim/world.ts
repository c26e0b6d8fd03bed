/**
 * What runs are made in: a database of their own with a workspace, its knowledge and two agents. One run at a time; what it leaves
 * is taken away before the next.
 *
 * @module
 */
import { embeddingText } from "@axon/ai/embedding-text";
import { indexLexemes } from "@axon/ai/lexical/analyze";
import { createLocalProvider } from "@axon/ai/local/provider";
import { agentSettings } from "@axon/contracts/agents";
import { createAgent } from "@axon/core/agents";
import { createInWorkspace } from "@axon/core/context";
import { connect, type Database, type DatabaseTarget, openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import type { Tx } from "@axon/db/transaction";
import { putReadyDocument } from "@axon/testing/ready-document";
import type { Sql } from "postgres";
import { installClock } from "./clock.ts";
import { facts } from "./model.ts";

export interface World {
  database: Database;
  /** Past every fence. */
  owner: Sql;
  workspaceId: string;
  /** One answers at once, the other waits whether more comes. */
  agents: readonly string[];
  /** True where the engine carries one transaction at a time. */
  oneAtATime: boolean;
  /** How many connections wait for a lock. */
  blocked(): Promise<number>;
  /** Takes away what a run has left; gives the last number of the workspace's stream. */
  clear(): Promise<number>;
  close(): Promise<void>;
}

/** More than a run ever has transactions open. */
const connectionsMax = 24;
/** How long the second agent waits, in milliseconds. */
const patienceMs = 2_000;

/** Makes a migrated database into a world. `embedded`: it is the embedded engine. Close the world before the database. */
export async function openWorld(target: DatabaseTarget, { embedded }: { embedded: boolean }): Promise<World> {
  const owner = openPool(target, null, 2);
  const database = connect(target, { poolMax: connectionsMax });
  await installClock(owner);
  const workspaceId = newId();
  await owner`insert into workspace (id, name, slug) values (${workspaceId}, 'Chaos', ${workspaceId})`;
  const inWorkspace = createInWorkspace(database, () => {});
  await inWorkspace(workspaceId, ({ tx }) => teach(tx, workspaceId));
  const agents: string[] = [];
  for (const replyDelayMs of [0, patienceMs]) {
    const settings = agentSettings.parse({ name: "Ada", replyDelayMs });
    const made = await inWorkspace(workspaceId, (ws) => createAgent(ws, settings, null, { confidenceThreshold: 0.5 }));
    agents.push(made.id);
  }
  return {
    database,
    owner,
    workspaceId,
    agents,
    oneAtATime: embedded,
    blocked: async () => {
      if (embedded) return 0;
      const [row] = await owner.unsafe<{ count: number }[]>(blockedSql, [], { prepare: true });
      return row?.count ?? 0;
    },
    clear: async () => {
      await owner.unsafe(clearSql, [], { prepare: false });
      const [row] = await owner<{ last: string }[]>`select last from workspace_cursor where workspace_id = ${workspaceId}`;
      return Number(row?.last ?? 0);
    },
    close: async () => {
      await database.close();
      await owner.end({ timeout: 5 });
    },
  };
}

/** A lock that was let go is given in the lock table at once, before anybody is told. */
const blockedSql = `select count(distinct pid)::int as count from pg_locks join pg_stat_activity using (pid)
  where not granted and datname = current_database()`;

const clearSql = "delete from outbox; delete from conversation; delete from contact; delete from question_gap";

async function teach(tx: Tx, workspaceId: string): Promise<void> {
  const [title, text] = ["Returns", facts.join(" ")];
  const { embedder } = createLocalProvider();
  const [vector] = await embedder.embed([embeddingText(title, [], text)], { kind: "document" });
  const { tsvector, length } = indexLexemes(title, [], text);
  await putReadyDocument(tx, workspaceId, {
    ...{ title, text, lexemes: tsvector, length, embedding: [...(vector ?? [])], embedder: embedder.id },
  });
}
