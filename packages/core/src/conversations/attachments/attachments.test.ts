import { attachmentsWaitingMax } from "@axon/contracts/attachments";
import { newId } from "@axon/db/ids";
import { attachment } from "@axon/db/schema/contacts";
import { contact, message } from "@axon/db/schema/conversations";
import { outbox } from "@axon/db/schema/engine";
import { workspace } from "@axon/db/schema/workspaces";
import { findWaitingAttachments } from "@axon/db/sweep";
import { withEngine } from "@axon/db/transaction";
import { eq, sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { createChannel, type Visitor } from "../../channels/index.ts";
import type { Caller, WorkspaceCtx } from "../../context.ts";
import { attachmentKey, incomingKey } from "../../internal/attachment-files.ts";
import { memoryFiles } from "../../knowledge/library.fixture.ts";
import { openScene, type Scene } from "../../scene.fixture.ts";
import { retainWorkspace } from "../../workspaces/index.ts";
import {
  addNote,
  announceAttachment,
  completeAttachment,
  createAttachmentLinks,
  dropAttachment,
  findStoredAttachment,
  listMessages,
  requireAttachment,
  requireVisitorAttachment,
  sendAsVisitor,
  sendMessage,
  startConversation,
  uploadPlace,
  visitorHistory,
} from "../index.ts";
import { quickAgent } from "../stage.fixture.ts";

const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(24, 7)]);
const files = memoryFiles();
let scene: Scene;
let workspaceId: string;
let neighbourId: string;
let agentId: string;
let channelId: string;

beforeAll(async () => {
  scene = await openScene();
  [{ workspaceId }, { workspaceId: neighbourId }] = await Promise.all([scene.found("shop"), scene.found("neighbour")]);
  agentId = (await quickAgent(scene, workspaceId)).id;
  channelId = (await run(mia)((ws) => createChannel(ws, scene.auth.sealer, { kind: "web", name: "Site", agentId, settings: {} }))).id;
});
afterAll(() => scene.close());
afterEach(() => {
  vi.useRealTimers();
});

const caller = (kind: Caller["kind"], name: string): Caller => ({ kind, id: newId(), name, ip: null, requestId: null });
const [mia, max] = [caller("user", "Mia"), caller("user", "Max")];
const run =
  (who: Caller, at = () => workspaceId) =>
  <Result>(verb: (ws: WorkspaceCtx) => Promise<Result>) =>
    scene.inWorkspace(at(), verb, who);
const begin = async () =>
  (await run(mia)((ws) => startConversation(ws, { agentId, text: "Hello", as: "contact" }, { as: "contact" }))).conversation.id;
const file = { name: "shot.png", mime: "image/png", bytes: png.length };

/** A file of `who`, with its bytes there and looked at. */
async function upload(
  who: Caller,
  conversationId: string | null,
  about: Partial<typeof file> = {},
  bytes: Uint8Array = png,
): Promise<string> {
  const row = await run(who)((ws) => announceAttachment(ws, { ...file, bytes: bytes.length, ...about, conversationId }));
  files.kept.set(incomingKey(workspaceId, row.id), bytes);
  await completeAttachment(files, run(who), row.id);
  return row.id;
}
const speaker = { as: "member", accountId: null, name: "Mia" } as const;
const send = (who: Caller, conversationId: string, attachmentIds: string[], clientMessageId?: string) =>
  run(who)((ws) => sendMessage(ws, { conversationId, text: "Here it is", as: "member", attachmentIds, clientMessageId }, speaker));
const count = () => run(mia)(({ tx }) => tx.$count(attachment));
async function visitor(): Promise<{ who: Visitor; as: Caller }> {
  const contactId = newId();
  await run(mia)(({ tx }) => tx.insert(contact).values({ workspaceId, id: contactId }));
  return { who: { channelId, contactId, agentId }, as: { ...caller("visitor", "Visitor"), id: contactId } };
}

describe("a file", () => {
  it("comes with one message, in the words of its message and of its event, without a link", async () => {
    const conversationId = await begin();
    const [one, two] = [
      await upload(mia, conversationId),
      await upload(mia, conversationId, { name: "shot 2.PNG", mime: "application/octet-stream" }),
    ];
    const { message: sent } = await send(mia, conversationId, [two, one], "m-1");
    expect(sent.attachments).toEqual([
      { id: two, name: "shot 2.PNG", mime: "image/png", bytes: png.length },
      { id: one, name: "shot.png", mime: "image/png", bytes: png.length },
    ]);
    const page = await run(mia)((ws) => listMessages(ws, { conversationId, limit: 10, order: "desc" }));
    expect(page.items[0]).toEqual(sent);
    // Said again it is the first message, and not a second use of its files.
    expect(await send(mia, conversationId, [two, one], "m-1")).toEqual({ message: sent });
    await expect(send(mia, conversationId, [one])).rejects.toMatchObject({ reason: "invalid_state" });
    expect(await findStoredAttachment(scene.inWorkspace, workspaceId, one)).toEqual({
      key: attachmentKey(workspaceId, one),
      name: "shot.png",
      mime: "image/png",
      bytes: png.length,
    });
  });

  it("used twice at once comes with one of the messages, and the other is not written", async () => {
    const conversationId = await begin();
    const id = await upload(mia, conversationId);
    const sent = await Promise.allSettled(Array.from({ length: 6 }, () => send(mia, conversationId, [id])));
    expect(sent.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await run(mia)(({ tx }) => tx.$count(message, eq(message.conversationId, conversationId)))).toBe(2);
  });

  it("of another sender, conversation or workspace, or not completed, comes with nothing", async () => {
    const [here, there] = [await begin(), await begin()];
    const own = await upload(mia, here);
    const waiting = await run(mia)((ws) => announceAttachment(ws, { ...file, conversationId: here }));
    const before = await run(mia)(({ tx }) => tx.$count(message));
    await expect(send(max, here, [own])).rejects.toMatchObject({ reason: "not_found" });
    await expect(send(mia, there, [own])).rejects.toMatchObject({ reason: "not_found" });
    await expect(send(mia, here, [newId()])).rejects.toMatchObject({ reason: "not_found" });
    await expect(send(mia, here, [own, waiting.id])).rejects.toMatchObject({ reason: "upload_missing" });
    await expect(completeAttachment(files, run(max), waiting.id)).rejects.toMatchObject({ reason: "not_found" });
    await expect(
      completeAttachment(
        files,
        run(mia, () => neighbourId),
        waiting.id,
      ),
    ).rejects.toMatchObject({ reason: "not_found" });
    await expect(run(mia, () => neighbourId)((ws) => announceAttachment(ws, { ...file, conversationId: here }))).rejects.toMatchObject({
      reason: "not_found",
    });
    await expect(run(mia, () => neighbourId)((ws) => requireAttachment(ws, own))).rejects.toMatchObject({ reason: "not_found" });
    expect(await findStoredAttachment(scene.inWorkspace, neighbourId, own)).toBeNull();
    expect(await run(mia)(({ tx }) => tx.$count(message))).toBe(before);
    expect((await send(mia, here, [own])).message.attachments).toHaveLength(1);
  });

  it("is what it was announced as, or nothing is left of it", async () => {
    const conversationId = await begin();
    const before = await count();
    const html = Buffer.from("<script>alert(1)</script>".padEnd(png.length));
    for (const [mime, bytes] of [
      ["image/png", html],
      ["application/pdf", png],
      ["text/plain", png],
      ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", Buffer.from("PK\x03\x04 xl/workbook.xml", "latin1")],
    ] as const)
      await expect(upload(mia, conversationId, { mime }, bytes), mime).rejects.toMatchObject({ reason: "unsupported_type" });
    expect(await count()).toBe(before);
    await expect(upload(mia, conversationId, { name: "page.html", mime: "text/html" })).rejects.toMatchObject({
      reason: "unsupported_type",
    });
    await expect(upload(mia, conversationId, { name: "image.svg", mime: "image/svg+xml" })).rejects.toMatchObject({
      reason: "unsupported_type",
    });
    await expect(upload(mia, conversationId, { bytes: png.length + 1 })).rejects.toMatchObject({ reason: "upload_mismatch" });
    const announced = await run(mia)((ws) => announceAttachment(ws, { ...file, conversationId }));
    await expect(completeAttachment(files, run(mia), announced.id)).rejects.toMatchObject({ reason: "upload_missing" });
    expect(await uploadPlace(files, announced)).toMatchObject({
      attachmentId: announced.id,
      method: "PUT",
      url: expect.stringContaining("/in"),
    });
    for (const [mime, bytes] of [
      ["text/plain", Buffer.from("Ünïcode")],
      ["application/pdf", Buffer.from("%PDF-1.7 …")],
      ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", Buffer.from("PK\x03\x04 word/document.xml", "latin1")],
    ] as const)
      expect(await upload(mia, conversationId, { mime }, bytes)).toEqual(expect.any(String));
  });

  it("that was found good is not the one that a link to upload can write over", async () => {
    const conversationId = await begin();
    const id = await upload(mia, conversationId);
    files.kept.set(incomingKey(workspaceId, id), Buffer.from("something else"));
    expect(files.kept.get(attachmentKey(workspaceId, id))).toEqual(png);
    expect(await completeAttachment(files, run(mia), id)).toMatchObject({ id });
    expect(files.kept.get(attachmentKey(workspaceId, id))).toEqual(png);
  });

  it("is one of fifty that wait, and of as much as the workspace may keep", async () => {
    const [conversationId, busy] = [await begin(), caller("user", "Busy")];
    await run(busy)(({ tx }) =>
      tx.insert(attachment).values(
        Array.from({ length: attachmentsWaitingMax }, () => ({
          ...{ workspaceId, id: newId(), conversationId, senderKind: busy.kind, senderId: busy.id },
          ...{ ...file, mime: "image/png" as const },
        })),
      ),
    );
    await expect(run(busy)((ws) => announceAttachment(ws, { ...file, conversationId }))).rejects.toMatchObject({ reason: "rate_limited" });
    await run(mia)(({ tx }) => tx.update(workspace).set({ planLimits: { storageBytesMax: 1 } }));
    await expect(upload(mia, conversationId)).rejects.toMatchObject({ reason: "plan_limit" });
    await run(mia)(({ tx }) => tx.update(workspace).set({ planLimits: {} }));
  });
});

describe("a visitor's file", () => {
  it("comes with their first message too; they open what was sent to them, and no note, and nobody else's", async () => {
    const [one, other] = [await visitor(), await visitor()];
    const id = await upload(one.as, null);
    const { conversation } = await run(one.as)((ws) => sendAsVisitor(ws, one.who, { text: "My screen", attachmentIds: [id] }));
    const history = await run(one.as)((ws) => visitorHistory(ws, one.who, { limit: 10 }));
    expect(history.items[0]?.attachments).toMatchObject([{ id, name: "shot.png" }]);
    const [answer, internal] = [await upload(mia, conversation.id), await upload(mia, conversation.id)];
    await send(mia, conversation.id, [answer]);
    const note = await run(mia)((ws) => addNote(ws, { conversationId: conversation.id, text: "For us", attachmentIds: [internal] }));
    expect(note.message).toMatchObject({ visibility: "internal", attachments: [{ id: internal }] });
    for (const mine of [id, answer]) expect(await run(one.as)((ws) => requireVisitorAttachment(ws, one.who, mine))).toEqual({ id: mine });
    await expect(run(one.as)((ws) => requireVisitorAttachment(ws, one.who, internal))).rejects.toMatchObject({ reason: "not_found" });
    for (const theirs of [id, answer])
      await expect(run(other.as)((ws) => requireVisitorAttachment(ws, other.who, theirs))).rejects.toMatchObject({ reason: "not_found" });
    expect(await run(max)((ws) => requireAttachment(ws, id))).toEqual({ id });
  });
});

describe("a link to a file", () => {
  const links = createAttachmentLinks({ secrets: ["s".repeat(32), "old".repeat(12)], baseUrl: "https://api.example.com/" });
  const parts = (url: string) => ({ path: new URL(url).pathname.split("/"), query: Object.fromEntries(new URL(url).searchParams) });

  it("is good for its file in its workspace, for ten minutes, also after a rotation of secrets", () => {
    const [home, id] = [newId(), newId()];
    const made = links.linkTo(home, id);
    const { path, query } = parts(made.url);
    expect(path).toEqual(["", "attachments", home, id]);
    expect(links.check(home, id, query)).toBe("good");
    expect(links.check(newId(), id, query)).toBe("bad");
    expect(links.check(home, newId(), query)).toBe("bad");
    for (const changed of [{ expires: String(Number(query["expires"]) + 1) }, { signature: "" }, { signature: ["x"] }, { expires: "1e12" }])
      expect(links.check(home, id, { ...query, ...changed })).toBe("bad");
    const before = createAttachmentLinks({ secrets: ["old".repeat(12)], baseUrl: "" });
    expect(links.check(home, id, parts(`https://x${before.linkTo(home, id).url}`).query)).toBe("good");
    expect(createAttachmentLinks({ secrets: ["n".repeat(32)], baseUrl: "" }).check(home, id, query)).toBe("bad");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(made.expiresAt) + 1 });
    expect(links.check(home, id, query)).toBe("expired");
  });
});

describe("files that nobody needs any more", () => {
  it("go a day after they were announced, when no message came with them, and their bytes with them", async () => {
    const conversationId = await begin();
    const [young, old, sent] = [await upload(mia, conversationId), await upload(mia, conversationId), await upload(mia, conversationId)];
    await send(mia, conversationId, [sent]);
    await run(mia)(({ tx }) => tx.update(attachment).set({ createdAt: sql`now() - interval '25 hours'` }).where(sql`id <> ${young}::uuid`));
    const found = (await findWaitingAttachments(scene.database, 24)).map(({ id }) => id);
    expect(found).toContain(old);
    for (const id of [young, sent]) expect(found).not.toContain(id);
    for (const id of [old, young, sent, old]) await run(mia)((ws) => dropAttachment(ws, id));
    const left = await run(mia)(({ tx }) =>
      tx.select({ id: attachment.id }).from(attachment).where(eq(attachment.conversationId, conversationId)),
    );
    expect(left.map(({ id }) => id).sort()).toEqual([young, sent].sort());
    expect(await purged()).toEqual(expect.arrayContaining([attachmentKey(workspaceId, old), incomingKey(workspaceId, old)]));
  });

  it("go with a conversation that is removed by age", async () => {
    const conversationId = await begin();
    const id = await upload(mia, conversationId);
    await send(mia, conversationId, [id]);
    await run(mia)(({ tx }) => tx.update(workspace).set({ retainConversationsDays: 1 }));
    await run(mia)(({ tx }) =>
      tx.execute(sql`update conversation set last_message_at = now() - interval '2 days' where id = ${conversationId}::uuid`),
    );
    await retainWorkspace({ inWorkspace: scene.inWorkspace }, { workspaceId }, { signal: new AbortController().signal });
    expect(await run(mia)(({ tx }) => tx.$count(attachment, eq(attachment.id, id)))).toBe(0);
    expect(await purged()).toContain(attachmentKey(workspaceId, id));
  });
});

/** Keys of files that jobs were asked to remove. */
async function purged(): Promise<string[]> {
  const rows = await withEngine(scene.database, (tx) => tx.select().from(outbox).where(eq(outbox.name, "knowledge.purge")));
  return rows.flatMap(({ payload }) => payload["storageKeys"] as string[]); // safe: as the job's contract has it
}
