import { newId } from "@axon/db/ids";
import { purge } from "@axon/db/schema/accounts";
import { contact, conversation, message, turn } from "@axon/db/schema/conversations";
import { event, outbox } from "@axon/db/schema/engine";
import { document, knowledgeSource } from "@axon/db/schema/knowledge";
import { auditEntry, idempotency } from "@axon/db/schema/workspaces";
import { findAbandonedUploads, findDuePurges, findRetaining } from "@axon/db/sweep";
import { withAccount, withEngine } from "@axon/db/transaction";
import { asc, eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WorkspaceCtx } from "../context.ts";
import { openScene, type Scene } from "../scene.fixture.ts";
import { deleteWorkspace, getWorkspace, queueRetention, retainWorkspace, updateWorkspace } from "./index.ts";
import { readEverything } from "./tenant-rows.fixture.ts";

let scene: Scene;
const never = new AbortController().signal;

beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

const run = (workspaceId: string, signal = never) => retainWorkspace(scene, { workspaceId }, { signal });
const set = (workspaceId: string, input: Parameters<typeof updateWorkspace>[1]) =>
  scene.inWorkspace(workspaceId, (ws) => updateWorkspace(ws, input, "owner"));
const daysAgo = (days: number) => sql`now() - ${days} * interval '1 day'`;

/** Conversations that were quiet for so many days, one of each, with a question, a reply, a turn and events. */
async function converse(workspaceId: string, ...quietDays: number[]): Promise<string[]> {
  return scene.inWorkspace(workspaceId, async (ws) => {
    const [channelId, agentId] = [newId(), newId()];
    await ws.tx.execute(sql`insert into channel (workspace_id, id, kind, name) values (${workspaceId}, ${channelId}, 'web', 'Shop')`);
    await ws.tx.execute(sql`insert into agent (workspace_id, id, name, version) values (${workspaceId}, ${agentId}, 'Ada', 1)`);
    const ids: string[] = [];
    for (const days of quietDays) ids.push(await conversationOf(ws, channelId, agentId, days));
    return ids;
  });
}

async function conversationOf({ tx, workspaceId, emit }: WorkspaceCtx, channelId: string, agentId: string, days: number): Promise<string> {
  const [id, contactId, turnId] = [newId(), newId(), newId()];
  const at = daysAgo(days);
  await tx.insert(contact).values({ workspaceId, id: contactId, name: `Quiet ${days}`, createdAt: at });
  await tx.insert(conversation).values({ workspaceId, id, channelId, agentId, contactId, lastMessageAt: at, createdAt: at });
  await tx
    .insert(turn)
    .values({ workspaceId, id: turnId, conversationId: id, state: "settled", epoch: 0, firstSeq: 1, lastSeq: 1, dueAt: at });
  const said = { workspaceId, conversationId: id, createdAt: at };
  await tx.insert(message).values([
    { ...said, id: newId(), seq: 1, authorKind: "contact", text: "Where is my parcel?" },
    { ...said, id: newId(), seq: 2, authorKind: "ai", text: "On its way.", turnId },
  ]);
  await tx.execute(sql`insert into reply_trace (workspace_id, turn_id, trace) values (${workspaceId}, ${turnId}, '{}')`);
  await tx.insert(idempotency).values({ workspaceId, procedure: "p", key: id, inputHash: "x", result: {}, createdAt: at });
  emit({ type: "reply.started", conversationId: id, replyId: newId(), turnId });
  return id;
}

/** Documents that are so many days old, each with a chunk. */
async function shelve(workspaceId: string, ...ages: number[]): Promise<string[]> {
  return scene.inWorkspace(workspaceId, async ({ tx }) => {
    const sourceId = newId();
    await tx.insert(knowledgeSource).values({ workspaceId, id: sourceId, kind: "text", name: "Shelf" });
    const ids: string[] = [];
    for (const days of ages) {
      const id = newId();
      const file = { name: "a.txt", mime: "text/plain", bytes: 1, storageKey: `${workspaceId}/${id}/1` };
      await tx
        .insert(document)
        .values({ workspaceId, id, sourceId, ...file, status: "ready", chunkCount: 1, publishedVersion: 1, createdAt: daysAgo(days) });
      await tx.execute(sql`
        insert into chunk (workspace_id, id, document_id, source_id, version, ordinal, title, heading_path, text, hash, lexemes, length)
        values (${workspaceId}, ${newId()}, ${id}, ${sourceId}, 1, 0, 'T', '{}', 'text', 'h', 'a:1', 1)`);
      ids.push(id);
    }
    return ids;
  });
}

const idsOf = (workspaceId: string, table: typeof conversation | typeof document) =>
  scene.inWorkspace(workspaceId, async ({ tx }) =>
    (await tx.select({ id: table.id }).from(table).orderBy(asc(table.id))).map(({ id }) => id),
  );
const applied = (workspaceId: string) =>
  scene.inWorkspace(workspaceId, ({ tx }) =>
    tx
      .select({ actor: auditEntry.actorKind, after: auditEntry.after })
      .from(auditEntry)
      .where(eq(auditEntry.action, "retention.applied"))
      .orderBy(asc(auditEntry.id)),
  );
const jobsOf = (workspaceId: string) =>
  withEngine(scene.database, (tx) =>
    tx.select({ name: outbox.name, payload: outbox.payload }).from(outbox).where(eq(outbox.workspaceId, workspaceId)),
  );

describe("keeping no longer than one wants", () => {
  it("removes what is older, with all that hangs on it, and nothing younger", async () => {
    const { workspaceId } = await scene.found("ada");
    const [, , young] = await converse(workspaceId, 400, 31, 29);
    const [old, kept] = await shelve(workspaceId, 91, 89);
    await set(workspaceId, { retention: { conversationsDays: 30, documentsDays: 90 } });
    await run(workspaceId);

    expect(await idsOf(workspaceId, conversation)).toEqual([young]);
    expect(await idsOf(workspaceId, document)).toEqual([kept]);
    const left = await readEverything(scene.database, workspaceId);
    for (const table of ["turn", "reply_trace", "contact", "chunk", "idempotency"])
      expect([table, left[table]?.length]).toEqual([table, 1]);
    expect(left["message"]).toHaveLength(2);
    const events = await scene.inWorkspace(workspaceId, ({ tx }) => tx.select({ id: event.conversationId }).from(event));
    expect(events).toEqual([{ id: young }]);
    expect(await jobsOf(workspaceId)).toEqual([
      { name: "knowledge.purge", payload: { workspaceId, storageKeys: [`${workspaceId}/${old}/1`] } },
    ]);
    expect(await applied(workspaceId)).toEqual([
      { actor: "system", after: { conversations: 2, messages: 4 } },
      { actor: "system", after: { contacts: 2 } },
      { actor: "system", after: { answers: 2 } },
      { actor: "system", after: { documents: 1, chunks: 1 } },
    ]);
  });

  it("removes nothing that is not asked for, and a second run nothing more", async () => {
    const { workspaceId } = await scene.found("ada");
    await converse(workspaceId, 4000, 2);
    await shelve(workspaceId, 4000);
    await run(workspaceId);
    expect(await applied(workspaceId)).toEqual([]);
    await set(workspaceId, { retention: { conversationsDays: 3 } });
    await run(workspaceId);
    await run(workspaceId);
    expect(await idsOf(workspaceId, conversation)).toHaveLength(1);
    expect(await idsOf(workspaceId, document)).toHaveLength(1);
    expect(await applied(workspaceId)).toHaveLength(3);
  });

  it("removes nothing under legal hold, and goes on when it is lifted", async () => {
    const { workspaceId } = await scene.found("ada");
    await converse(workspaceId, 400);
    await set(workspaceId, { retention: { conversationsDays: 1, documentsDays: 1 }, legalHold: true });
    const before = await readEverything(scene.database, workspaceId);
    await run(workspaceId);
    expect(await readEverything(scene.database, workspaceId)).toEqual(before);
    await set(workspaceId, { legalHold: false });
    await run(workspaceId);
    expect(await idsOf(workspaceId, conversation)).toEqual([]);
  });

  it("goes on for as long as there is something, batch by batch, and stops between two when told to", async () => {
    const { workspaceId } = await scene.found("ada");
    await scene.inWorkspace(workspaceId, ({ tx }) =>
      tx.execute(sql`
        insert into contact (workspace_id, id, created_at)
        select ${workspaceId}::uuid, gen_random_uuid(), now() - interval '9 days' from generate_series(1, 450)`),
    );
    await set(workspaceId, { retention: { conversationsDays: 8 } });
    await expect(run(workspaceId, AbortSignal.abort(new Error("time is up")))).rejects.toThrow("time is up");
    expect(await applied(workspaceId)).toMatchObject([{ after: { contacts: 200 } }]);
    await run(workspaceId);
    expect(await applied(workspaceId)).toMatchObject([
      { after: { contacts: 200 } },
      { after: { contacts: 200 } },
      { after: { contacts: 50 } },
    ]);
  });

  it("keeps people with whom somebody still talks", async () => {
    const { workspaceId } = await scene.found("ada");
    const [talking] = await converse(workspaceId, 2);
    await scene.inWorkspace(workspaceId, ({ tx }) => tx.update(contact).set({ createdAt: daysAgo(900) }));
    await set(workspaceId, { retention: { conversationsDays: 30 } });
    await run(workspaceId);
    expect(await idsOf(workspaceId, conversation)).toEqual([talking]);
    expect((await readEverything(scene.database, workspaceId))["contact"]).toHaveLength(1);
  });

  it("touches nobody else's", async () => {
    const [ada, bob] = [await scene.found("ada"), await scene.found("bob")];
    for (const { workspaceId } of [ada, bob]) await converse(workspaceId, 400);
    const theirs = await readEverything(scene.database, bob.workspaceId);
    await set(ada.workspaceId, { retention: { conversationsDays: 1, documentsDays: 1 } });
    await run(ada.workspaceId);
    expect(await readEverything(scene.database, bob.workspaceId)).toEqual(theirs);
  });
});

describe("the sweepers", () => {
  it("find the workspaces that keep no longer than so long, and queue each once an hour", async () => {
    const [ada, bob, eve] = [await scene.found("ada"), await scene.found("bob"), await scene.found("eve")];
    await set(ada.workspaceId, { retention: { documentsDays: 1 } });
    await set(bob.workspaceId, { retention: { conversationsDays: 1 }, legalHold: true });
    const found = await findRetaining(scene.database, null);
    expect(found).toContain(ada.workspaceId);
    expect(found).not.toContain(bob.workspaceId);
    expect(found).not.toContain(eve.workspaceId);
    expect(await findRetaining(scene.database, found.at(-1) ?? null)).toEqual([]);
    const hour = 3_600_000;
    for (const at of [5 * hour, 5 * hour + 1, 6 * hour]) await scene.inWorkspace(ada.workspaceId, async (ws) => queueRetention(ws, at));
    const keys = await withEngine(scene.database, (tx) =>
      tx.select({ key: outbox.key }).from(outbox).where(eq(outbox.workspaceId, ada.workspaceId)),
    );
    expect(new Set(keys.map(({ key }) => key)).size).toBe(2);
  });

  it("find deleted workspaces whose grace is over, and leave the work of a deleted one alone", async () => {
    const [ada, bob] = [await scene.found("ada"), await scene.found("bob")];
    const [upload] = await shelve(ada.workspaceId, 3);
    await scene.inWorkspace(ada.workspaceId, ({ tx }) => tx.update(document).set({ status: "uploading", updatedAt: daysAgo(2) }));
    expect(await findAbandonedUploads(scene.database)).toEqual([{ workspaceId: ada.workspaceId, id: upload }]);
    for (const { workspaceId, accountId } of [ada, bob]) {
      const { name } = await scene.inWorkspace(workspaceId, (ws) => getWorkspace(ws, "owner"));
      const owner = { kind: "user" as const, id: accountId, name: "N", ip: null, requestId: null };
      await deleteWorkspace(scene.auth, owner, workspaceId, { confirm: name, graceDays: workspaceId === ada.workspaceId ? 1 : 0 });
    }
    expect(await findAbandonedUploads(scene.database)).toEqual([]);
    expect(await findDuePurges(scene.database)).toEqual([]); // Its own job is most likely on its way.
    await withAccount(scene.database, {}, (tx) => tx.update(purge).set({ dueAt: sql`${purge.dueAt} - interval '1 minute'` }));
    expect(await findDuePurges(scene.database)).toEqual([bob.workspaceId]);
  });
});
