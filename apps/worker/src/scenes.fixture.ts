/**
 * For every job of the catalogue what must be there for it to have something to do. A job without a scene does not compile.
 *
 * @module
 */
import { createLocalProvider } from "@axon/ai/local/provider";
import { agentSettings } from "@axon/contracts/agents";
import type { JobName, JobPayload } from "@axon/contracts/jobs";
import { createAgent, createGolden, startEvaluation } from "@axon/core/agents";
import { letterToken, secretHash } from "@axon/core/auth";
import { startConversation } from "@axon/core/conversations";
import { addText, createAnswer, createSource } from "@axon/core/knowledge";
import { newId } from "@axon/db/ids";
import { knowledgeOf, letterSecrets, site, type World } from "./world.fixture.ts";

export interface Scene<Name extends JobName> {
  payload: JobPayload<Name>;
  /** What of its end lies in tables that are no workspace's. */
  also?: { table: string; where: string }[];
}

const embedder = createLocalProvider().embedder.id;

const newAgent = ({ inWorkspace, workspaceId }: World) =>
  inWorkspace(workspaceId, (ws) =>
    createAgent(ws, agentSettings.parse({ name: "Ada", replyDelayMs: 0 }), null, { confidenceThreshold: 0.5 }),
  );

const newSource = ({ inWorkspace, workspaceId }: World, kind: "text" | "faq" = "text") =>
  inWorkspace(workspaceId, (ws) => createSource(ws, { kind, name: "Shelf" }));

/** A text that waits to be read. */
async function newText(world: World): Promise<string> {
  const { id: sourceId } = await newSource(world);
  const text = "Things are returned within thirty days.\nGift cards are valid for three years.";
  return (await addText(knowledgeOf(world), world.workspaceId, { sourceId, name: "Returns", text, mime: "text/plain" })).id;
}

/** The same text, published: a passage that searches find, with no vector of its own. */
async function publishedText(world: World): Promise<string> {
  const documentId = await newText(world);
  const { owner, workspaceId } = world;
  await owner`update document set status = 'ready', published_version = 1, chunk_count = 1 where id = ${documentId}`;
  await owner`insert into chunk (workspace_id, id, document_id, source_id, version, ordinal, title, heading_path, text, hash, lexemes, length, searchable, published_at, embedder)
    select workspace_id, ${newId()}::uuid, id, source_id, 1, 0, 'Returns', '{}', 'Things are returned within thirty days.', 'h',
      'return:1 thirty:2 days:3 things:4'::tsvector, 4, true, now(), null from document where id = ${documentId} and workspace_id = ${workspaceId}`;
  return documentId;
}

/** Somebody has asked, and waits. */
async function newTalk(world: World): Promise<{ conversationId: string; contactId: string; turnId: string }> {
  const { id: agentId } = await newAgent(world);
  await publishedText(world);
  const { conversation } = await world.inWorkspace(world.workspaceId, (ws) =>
    startConversation(ws, { agentId, text: "When are things returned?", as: "contact" }, { as: "contact" }),
  );
  const [row] = await world.owner`
    select t.id as turn, c.contact_id as contact from turn t join conversation c on c.id = t.conversation_id where c.id = ${conversation.id}`;
  return { conversationId: conversation.id, contactId: String(row?.["contact"]), turnId: String(row?.["turn"]) };
}

async function newGap(world: World): Promise<string> {
  const { id: agentId } = await newAgent(world);
  const id = newId();
  await world.owner`insert into question_gap (workspace_id, id, gap_id, agent_id, question, reason, confidence, created_at)
    values (${world.workspaceId}, ${id}, ${id}, ${agentId}, 'When are things returned?', 'no_knowledge', 0.1, now() - interval '1 hour')`;
  return id;
}

export const scenes: { [Name in JobName]: (world: World) => Promise<Scene<Name>> } = {
  "reply.generate": async (world) => {
    const { turnId } = await newTalk(world);
    return { payload: { workspaceId: world.workspaceId, turnId } };
  },
  "knowledge.ingest": async (world) => ({ payload: { workspaceId: world.workspaceId, documentId: await newText(world) } }),
  "knowledge.purge": async ({ workspaceId, files }) => {
    const storageKeys = [1, 2, 3].map((number) => `${workspaceId}/${newId()}/${number}`);
    for (const key of storageKeys) files.set(key, new Uint8Array(3));
    return { payload: { workspaceId, storageKeys } };
  },
  "knowledge.sync": async ({ inWorkspace, workspaceId }) => {
    const { id: sourceId } = await inWorkspace(workspaceId, (ws) =>
      createSource(ws, { kind: "url", name: "Site", settings: { url: `${site}/` } }),
    );
    return { payload: { workspaceId, sourceId } };
  },
  "knowledge.index": async (world) => {
    await publishedText(world);
    // Big once, and now small: what was indexed is to be taken out.
    await world.owner`insert into knowledge_index (workspace_id, big, chunks, mean_length) values (${world.workspaceId}, true, 9000, 5)`;
    await world.owner`update chunk set indexed = true where workspace_id = ${world.workspaceId}`;
    return { payload: { workspaceId: world.workspaceId } };
  },
  "knowledge.reembed": async (world) => {
    await publishedText(world);
    await world.owner`insert into knowledge_index (workspace_id, embedder) values (${world.workspaceId}, 'local:another')`;
    return { payload: { workspaceId: world.workspaceId } };
  },
  "account.mail": async ({ owner, accountId }) => {
    const mailId = newId();
    await owner`insert into mail (id, kind, email) values (${mailId}, 'verify_email', ${`${accountId}@example.com`})`;
    const also = [
      { table: "mail", where: `id = '${mailId}'` },
      { table: "email_token", where: `account_id = '${accountId}'` },
    ];
    return { payload: { mailId }, also };
  },
  "workspace.purge": async (world) => {
    const { owner, workspaceId, accountId } = world;
    await newTalk(world);
    await owner`update workspace set deleted_at = now() where id = ${workspaceId}`;
    await owner`insert into purge (workspace_id, workspace_name, ordered_by, due_at) values (${workspaceId}, 'Shop', ${accountId}, now())`;
    return { payload: { workspaceId } };
  },
  "workspace.retain": async (world) => {
    const { owner, workspaceId } = world;
    await newTalk(world);
    await owner`update workspace set retain_conversations_days = 1, retain_documents_days = 1 where id = ${workspaceId}`;
    await owner`update conversation set last_message_at = now() - interval '2 days' where workspace_id = ${workspaceId}`;
    await owner`update contact set created_at = now() - interval '2 days' where workspace_id = ${workspaceId}`;
    await owner`update document set created_at = now() - interval '2 days' where workspace_id = ${workspaceId}`;
    return { payload: { workspaceId } };
  },
  "contact.erase": async (world) => {
    const { owner, workspaceId } = world;
    const { contactId } = await newTalk(world);
    const erasureId = newId();
    await owner`update contact set erased_at = now() where id = ${contactId}`;
    await owner`insert into erasure (workspace_id, id, contact_id, ordered_kind, report)
      values (${workspaceId}, ${erasureId}, ${contactId}, 'user', '{"removed":{},"left":null}')`;
    return { payload: { workspaceId, erasureId } };
  },
  "invitation.mail": async ({ owner, workspaceId }) => {
    const invitationId = newId();
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const token = letterToken(letterSecrets[0] ?? "", "invitation", `${invitationId}:${Date.parse(expiresAt)}`);
    await owner`insert into invitation (workspace_id, id, email, role, token_hash, invited_by_name, expires_at)
      values (${workspaceId}, ${invitationId}, 'bea@example.com', 'member', ${secretHash(token)}, 'Owner', ${expiresAt})`;
    return { payload: { workspaceId, invitationId } };
  },
  "agents.evaluate": async (world) => {
    const { inWorkspace, workspaceId } = world;
    const { id: agentId } = await newAgent(world);
    await publishedText(world);
    const { id: evaluationId } = await inWorkspace(workspaceId, async (ws) => {
      for (const question of ["When are things returned?", "Who are you?"])
        await createGolden(ws, { agentId, question, history: [], expect: "answer", facts: [], forbidden: [] });
      return startEvaluation(ws, { agentId, version: "draft" }, null);
    });
    return { payload: { workspaceId, evaluationId } };
  },
  "knowledge.embed-answers": async (world) => {
    const { id: sourceId } = await newSource(world, "faq");
    const answer = { sourceId, questions: ["When are things returned?", "How long?"], answer: "Within thirty days.", enabled: true };
    await createAnswer(knowledgeOf(world), world.workspaceId, answer, null);
    return { payload: { workspaceId: world.workspaceId } };
  },
  "analytics.group-gap": async (world) => ({ payload: { workspaceId: world.workspaceId, questionId: await newGap(world) } }),
  "analytics.close-gaps": async (world) => {
    await newGap(world);
    const documentId = await publishedText(world);
    await world.owner`update chunk set embedder = ${embedder} where document_id = ${documentId}`;
    return { payload: { workspaceId: world.workspaceId, documentId } };
  },
};
