/** A job is a door as well: one that names its own workspace and another's things does nothing to them. */
import type { JobName, JobPayload } from "@axon/contracts/jobs";
import { jobs } from "@axon/contracts/jobs";
import { createInWorkspace } from "@axon/core/context";
import { connect, type Database, openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { contentsOf } from "./contents.fixture.ts";
import { replyTo } from "./follow.fixture.ts";
import { until } from "./processes.fixture.ts";

/** What a job could name that is another workspace's. */
interface Theirs {
  workspaceId: string;
  sourceId: string;
  documentId: string;
  turnId: string;
  invitationId: string;
  /** Queued, and in no worker's queue. */
  evaluationId: string;
  gapId: string;
  /** Ordered, and not done yet. */
  erasureId: string;
  storageKey: string;
}

/** One forged payload for each job there is: a job without one does not compile. Null: it names nothing of a workspace. */
const forged: { [Name in JobName]: ((own: string, theirs: Theirs) => JobPayload<Name>) | null } = {
  "reply.generate": (workspaceId, { turnId }) => ({ workspaceId, turnId }),
  "knowledge.ingest": (workspaceId, { documentId }) => ({ workspaceId, documentId }),
  "knowledge.sync": (workspaceId, { sourceId }) => ({ workspaceId, sourceId }),
  "knowledge.purge": (workspaceId, { storageKey }) => ({ workspaceId, storageKeys: [storageKey] }),
  "knowledge.index": (_own, { workspaceId }) => ({ workspaceId }),
  "knowledge.reembed": (_own, { workspaceId }) => ({ workspaceId }),
  "agents.evaluate": (workspaceId, { evaluationId }) => ({ workspaceId, evaluationId }),
  "analytics.group-gap": (workspaceId, { gapId }) => ({ workspaceId, questionId: gapId }),
  "analytics.close-gaps": (workspaceId, { documentId }) => ({ workspaceId, documentId }),
  "contact.erase": (workspaceId, { erasureId }) => ({ workspaceId, erasureId }),
  "invitation.mail": (workspaceId, { invitationId }) => ({ workspaceId, invitationId }),
  // Nothing of theirs waits for it.
  "knowledge.embed-answers": (_own, { workspaceId }) => ({ workspaceId }),
  // These two name a workspace and nothing else; neither was ordered for this one.
  "workspace.purge": (_own, { workspaceId }) => ({ workspaceId }),
  "workspace.retain": (_own, { workspaceId }) => ({ workspaceId }),
  "account.mail": null,
};
const names = Object.keys(jobs) as JobName[]; // safe: keys of a literal

let app: App;
let database: Database;
let owner: ReturnType<typeof openPool>;
let victim: Owner;
let stranger: Owner;
let theirs: Theirs;
let atFirst: Record<string, string>;

beforeAll(async () => {
  app = await openApp();
  database = connect(app.database, { poolMax: 2 });
  owner = openPool(app.database, null, 1);
  [victim, stranger] = [await app.found("victim"), await app.found("stranger")];
  theirs = await fill(victim);
  await fill(stranger);
  await until(outboxIsEmpty, "the outbox to be empty");
  atFirst = await contentsOf(owner, victim.workspaceId);
}, 180_000);
afterAll(async () => {
  await owner.end();
  await database.close();
  await app.close();
});

async function fill({ client, workspaceId }: Owner): Promise<Theirs> {
  const { api } = client;
  const { id: sourceId } = await api.knowledge.sources.create.mutate({ kind: "file", name: "Shelf" });
  const { documentId } = await client.uploadDocument({ sourceId, name: "a.txt", bytes: Buffer.from("The keeper eats marmalade.") });
  expect(await client.waitForDocument(documentId)).toMatchObject({ status: "ready" });
  const { id: agentId } = await api.agents.create.mutate({ name: "Ada", replyDelayMs: 0 });
  await replyTo(client, agentId, "What does the keeper eat?");
  const { id: invitationId } = await api.workspaces.invitations.create.mutate({ email: `${newId()}@example.com` });
  const [evaluationId, gapId] = [newId(), newId()];
  // Open, and nobody's: what a job that reached them would change.
  await owner`insert into golden_question (workspace_id, id, agent_id, question, expect) values (${workspaceId}, ${newId()}, ${agentId}, 'Who?', 'handoff')`;
  await owner`insert into evaluation (workspace_id, id, agent_id, settings, settings_hash, questions_hash, total, lease_until)
    values (${workspaceId}, ${evaluationId}, ${agentId}, '{"name":"Ada"}', '', '', 1, now() + interval '1 hour')`;
  await owner`insert into question_gap (workspace_id, id, gap_id, agent_id, question, reason, confidence)
    values (${workspaceId}, ${gapId}, ${gapId}, ${agentId}, 'What does the keeper eat?', 'no_knowledge', 0.1)`;
  const erasureId = newId();
  await owner`insert into erasure (workspace_id, id, contact_id, ordered_kind, report)
    select workspace_id, ${erasureId}, id, 'user', '{"removed":{},"left":null}' from contact where workspace_id = ${workspaceId} limit 1
    on conflict do nothing`;
  const [turn] = await owner`select id from turn where workspace_id = ${workspaceId}`;
  const [document] = await owner`select storage_key from document where id = ${documentId}`;
  return {
    workspaceId,
    sourceId,
    documentId,
    invitationId,
    evaluationId,
    gapId,
    erasureId,
    turnId: String(turn?.["id"]),
    storageKey: String(document?.["storage_key"]),
  };
}

const outboxIsEmpty = async () => (await owner`select 1 from outbox where delivered_at is null`).length === 0;

describe.each(names)("%s", (name) => {
  it.runIf(forged[name] !== null)("does nothing to what is another workspace's", async () => {
    const payload = forged[name]?.(stranger.workspaceId, theirs);
    if (!payload) throw new Error("no payload");
    const inWorkspace = createInWorkspace(database, () => {});
    await inWorkspace(stranger.workspaceId, async (ws) => ws.enqueue(name, payload, { key: `forged-${newId()}` }));
    // Queues run side by side: what is late here is seen by the last look below.
    await until(outboxIsEmpty, "the job to be taken");
    await othersHadTheirTurn(stranger);
    expect(await contentsOf(owner, victim.workspaceId)).toEqual(atFirst);
    expect(await victim.client.api.knowledge.search.query({ query: "marmalade" })).toMatchObject({
      items: [{ documentId: theirs.documentId }],
    });
  });
});

describe("all of them", () => {
  it("have left the other workspace as it was", async () => {
    expect(await contentsOf(owner, victim.workspaceId)).toEqual(atFirst);
  });
});

/** A document of one's own goes through all the queue's stations; whatever was before it has had its turn. */
async function othersHadTheirTurn({ client }: Owner): Promise<void> {
  const { id: sourceId } = await client.api.knowledge.sources.create.mutate({ kind: "text", name: newId() });
  const { id } = await client.api.knowledge.documents.addText.mutate({ sourceId, name: "later", text: "Later." });
  expect(await client.waitForDocument(id)).toMatchObject({ status: "ready" });
}
