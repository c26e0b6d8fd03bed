/**
 * Having a job that was given up tried again.
 *
 * @module
 */
import type { ReplayedLetter } from "@axon/contracts/dead-letters";
import { isJobName, type JobName, type JobPayload } from "@axon/contracts/jobs";
import { type SQL, sql } from "drizzle-orm";
import type { WorkspaceCtx } from "../../context.ts";
import { Refusal } from "../../errors.ts";
import { decide, lockLetter, toLetter } from "./letters.ts";

/**
 * Queues the job again under a new name, in the same commit that says so; a second call finds it done. A job whose cause is gone, or
 * was dealt with in another way, is not queued: the answer says so and the letter is discarded. Refuses with `invalid_state` one
 * that was discarded, and with `not_found`.
 */
export async function replayDeadLetter(ws: WorkspaceCtx, id: string): Promise<ReplayedLetter> {
  const row = await lockLetter(ws, id);
  if (row.state === "replayed") return { ...toLetter(row), outcome: "done_before" };
  if (row.state === "discarded") throw new Refusal("invalid_state", "This job was discarded", { state: row.state });
  if (!(await isWanted(ws, row.name, row.payload))) return { ...(await decide(ws, row, "discarded")), outcome: "nothing_to_do" };
  // safe: what does not know the name or the payload sets the job aside again
  ws.enqueue(row.name as JobName, row.payload as JobPayload<JobName>, { key: `replay-${row.id}` });
  return { ...(await decide(ws, row, "replayed")), outcome: "queued" };
}

/** What must be there for a job to have anything to do; a job that is not listed finds out by itself. */
const causes: { [Name in JobName]?: (payload: JobPayload<Name>) => SQL } = {
  "reply.generate": ({ turnId }) => sql`select 1 from turn where id = ${turnId} and state in ('received', 'claimed', 'thinking')`,
  "knowledge.ingest": ({ documentId }) =>
    sql`select 1 from document where id = ${documentId} and status in ('queued', 'parsing', 'chunking', 'embedding')`,
  "knowledge.sync": ({ sourceId }) => sql`select 1 from knowledge_source where id = ${sourceId} and sync_state <> 'idle'`,
  "agents.evaluate": ({ evaluationId }) => sql`select 1 from evaluation where id = ${evaluationId} and state in ('queued', 'running')`,
  "invitation.mail": ({ invitationId }) => sql`select 1 from invitation where id = ${invitationId} and expires_at > now()`,
  "analytics.group-gap": ({ questionId }) => sql`select 1 from question_gap where id = ${questionId} and embedding is null`,
  "analytics.close-gaps": ({ documentId }) => sql`select 1 from document where id = ${documentId}`,
};

async function isWanted(ws: WorkspaceCtx, name: string, payload: Record<string, unknown>): Promise<boolean> {
  const cause = isJobName(name) ? (causes[name] as ((payload: unknown) => SQL) | undefined) : undefined; // safe: given only what the catalogue wrote
  const ids = Object.entries(payload).filter(([field]) => field.endsWith("Id"));
  // What is no id can't be looked for; whoever runs the job will say what it thinks of it.
  if (!cause || !ids.every(([, value]) => typeof value === "string" && uuidPattern.test(value))) return true;
  return (await ws.tx.execute(cause(payload))).length > 0;
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
