/** Everything that changes a workspace is in its audit log, or it is said here why not; and the log holds nothing that is secret. */
import { listProcedures } from "@axon/api/procedures";
import { openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { createFakeSite, type FakeSite } from "@axon/testing/web/fake-site";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { newJobThings } from "./isolation-cases-jobs.fixture.ts";
import { lettersIn, letterTo, tokenIn } from "./mail.fixture.ts";
import { until } from "./processes.fixture.ts";
import { call } from "./wire.fixture.ts";

/** Changes that leave no line, each for a reason. */
const exempt: Record<string, string> = {
  "agents.ask": "changes nothing",
  "agents.lint": "changes nothing",
  "agents.replay": "changes nothing",
  "agents.evaluate": "changes nothing that an agent says; the run is in its list, with who asked for it",
  "agents.evaluations.cancel": "changes nothing that an agent says; the run is in its list",
  "conversations.typing": "changes nothing; it is told in passing",
  "conversations.start": "what is said is in the conversation, with its author and time",
  "conversations.rate": "the rating is beside the reply, with who gave it",
  "conversations.rateResolution": "the rating is beside the conversation, with who gave it",
  "conversations.setStatus": "an event of the conversation says who and why",
  "conversations.snooze": "an event of the conversation says who and why",
  "conversations.takeOver": "an event of the conversation says who and why",
  "conversations.returnToAi": "an event of the conversation says who and why",
  "conversations.assign": "an event of the conversation says who and to whom",
  "conversations.tag": "an event of the conversation says who and what",
  "conversations.untag": "an event of the conversation says who and what",
  "conversations.setPriority": "an event of the conversation says who and what",
  "conversations.setAttributes": "an event of the conversation says who and what",
  "conversations.note": "what is noted is in the conversation, with its author and time",
  "conversations.attachments.createUpload": "a file is nothing before it is sent; then it is with its message",
  "conversations.attachments.completeUpload": "a file is nothing before it is sent; then it is with its message",
  "conversations.send": "what is said is in the conversation, with its author and time",
};

const planted = ["the prompt is a marmalade", "the text is a marmalade", "the secret is a marmalade"];
const [prompt, text, value] = planted;
/** What the calls before have made, by name. */
const made: Record<string, string> = {};
/** Secrets that the answers showed. */
const shown: string[] = [];

interface Step {
  path: string;
  /** The beginning of the line that it leaves. */
  action: string;
  input(): unknown;
  /** What later steps name, read from the answer. */
  keep?: { as: string; field: string };
}

/** In an order in which each finds what it changes. */
const steps: Step[] = [
  { path: "workspaces.update", action: "workspace.updated", input: () => ({ name: "Renamed" }) },
  { path: "workspaces.secrets.set", action: "secret.set", input: () => ({ name: "stripe", value }) },
  { path: "workspaces.secrets.remove", action: "secret.removed", input: () => ({ name: "stripe" }) },
  { path: "workspaces.apiKeys.create", action: "api_key.created", input: () => ({ name: "key" }), keep: { as: "apiKeyId", field: "id" } },
  { path: "workspaces.apiKeys.revoke", action: "api_key.revoked", input: () => ({ apiKeyId: made["apiKeyId"] }) },
  {
    path: "workspaces.invitations.create",
    action: "invitation.created",
    input: () => ({ email: "guest@example.com" }),
    keep: { as: "invitationId", field: "id" },
  },
  { path: "workspaces.invitations.revoke", action: "invitation.revoked", input: () => ({ invitationId: made["invitationId"] }) },
  {
    path: "agents.create",
    action: "agent.created",
    input: () => ({ name: "Ada", systemPrompt: prompt }),
    keep: { as: "agentId", field: "id" },
  },
  {
    path: "agents.update",
    action: "agent.updated",
    input: () => ({ agentId: made["agentId"], systemPrompt: `${prompt}!`, temperature: 1 }),
  },
  { path: "agents.publish", action: "agent.published", input: () => ({ agentId: made["agentId"] }) },
  {
    path: "conversations.import",
    action: "conversations.imported",
    input: () => ({
      conversations: [
        {
          ...{ externalId: "elsewhere", agentId: made["agentId"], contact: { externalId: "kim" }, createdAt: "2026-01-01T00:00:00Z" },
          messages: [{ author: "contact", text, at: "2026-01-01T00:00:00Z" }],
        },
      ],
    }),
  },
  { path: "agents.versions.restore", action: "agent.version_restored", input: () => ({ agentId: made["agentId"], version: 1 }) },
  {
    path: "agents.duplicate",
    action: "agent.duplicated",
    input: () => ({ agentId: made["agentId"] }),
    keep: { as: "copyId", field: "id" },
  },
  { path: "agents.archive", action: "agent.archived", input: () => ({ agentId: made["copyId"] }) },
  {
    path: "agents.golden.create",
    action: "golden_question.created",
    input: () => ({ agentId: made["agentId"], question: text }),
    keep: { as: "goldenId", field: "id" },
  },
  {
    path: "agents.golden.createMany",
    action: "golden_question.created",
    input: () => ({ agentId: made["agentId"], questions: [{ question: text }] }),
  },
  {
    path: "agents.golden.update",
    action: "golden_question.updated",
    input: () => ({ questionId: made["goldenId"], question: `${text}!` }),
  },
  { path: "agents.golden.delete", action: "golden_question.deleted", input: () => ({ questionId: made["goldenId"] }) },
  {
    path: "knowledge.sources.create",
    action: "source.created",
    input: () => ({ kind: "faq", name: "Answers" }),
    keep: { as: "faqId", field: "id" },
  },
  {
    path: "knowledge.answers.create",
    action: "approved_answer.created",
    input: () => ({ sourceId: made["faqId"], questions: [text], answer: prompt }),
    keep: { as: "answerId", field: "id" },
  },
  {
    path: "knowledge.answers.update",
    action: "approved_answer.updated",
    input: () => ({ answerId: made["answerId"], answer: `${prompt}!` }),
  },
  { path: "knowledge.answers.delete", action: "approved_answer.deleted", input: () => ({ answerId: made["answerId"] }) },
  { path: "analytics.dismissGap", action: "gap.dismissed", input: () => ({ gapId: made["gapId"] }) },
  {
    path: "knowledge.sources.create",
    action: "source.created",
    input: () => ({ kind: "text", name: "Shelf" }),
    keep: { as: "sourceId", field: "id" },
  },
  {
    path: "agents.attachKnowledge",
    action: "agent.knowledge_attached",
    input: () => ({ agentId: made["agentId"], sourceId: made["sourceId"] }),
  },
  {
    path: "agents.detachKnowledge",
    action: "agent.knowledge_detached",
    input: () => ({ agentId: made["agentId"], sourceId: made["sourceId"], all: true }),
  },
  { path: "knowledge.sources.update", action: "source.updated", input: () => ({ sourceId: made["sourceId"], name: "Other" }) },
  {
    path: "knowledge.sources.create",
    action: "source.created",
    input: () => ({ kind: "url", name: "Site", settings: { url: site.origin } }),
    keep: { as: "siteId", field: "id" },
  },
  {
    path: "knowledge.documents.addUrl",
    action: "document.created",
    input: () => ({ sourceId: made["siteId"], url: `${site.origin}/page` }),
  },
  { path: "knowledge.sources.sync", action: "source.sync_requested", input: () => ({ sourceId: made["siteId"] }) },
  {
    path: "knowledge.documents.addText",
    action: "document.created",
    input: () => ({ sourceId: made["sourceId"], name: "Note", text }),
    keep: { as: "documentId", field: "id" },
  },
  {
    path: "knowledge.documents.createUpload",
    action: "document.created",
    input: () => ({ sourceId: made["sourceId"], name: "a.txt", mime: "text/plain", bytes: 4 }),
    keep: { as: "uploadId", field: "documentId" },
  },
  { path: "knowledge.documents.completeUpload", action: "document.uploaded", input: () => ({ documentId: made["uploadId"] }) },
  {
    path: "knowledge.documents.update",
    action: "document.updated",
    input: () => ({ documentId: made["documentId"], labels: ["returns"] }),
  },
  {
    path: "knowledge.documents.updateText",
    action: "document.text_updated",
    input: () => ({ documentId: made["documentId"], text: `${text} And more.` }),
  },
  { path: "knowledge.documents.reprocess", action: "document.reprocessed", input: () => ({ documentId: made["documentId"] }) },
  { path: "knowledge.settings.update", action: "knowledge.settings_updated", input: () => ({ textShare: 0.3 }) },
  { path: "knowledge.documents.delete", action: "document.deleted", input: () => ({ documentId: made["documentId"] }) },
  { path: "knowledge.sources.delete", action: "source.deleted", input: () => ({ sourceId: made["sourceId"] }) },
  {
    path: "channels.create",
    action: "channel.created",
    input: () => ({ kind: "web", name: "Shop", agentId: made["agentId"] }),
    keep: { as: "channelId", field: "id" },
  },
  { path: "channels.update", action: "channel.updated", input: () => ({ channelId: made["channelId"], name: "Other" }) },
  {
    path: "channels.rotateIdentitySecret",
    action: "channel.identity_secret_rotated",
    input: () => ({ channelId: made["channelId"] }),
  },
  { path: "channels.delete", action: "channel.deleted", input: () => ({ channelId: made["channelId"] }) },
  {
    path: "conversations.contacts.update",
    action: "contact.updated",
    input: () => ({ contactId: made["contactId"], name: text, attributes: { note: prompt } }),
  },
  {
    path: "conversations.contacts.merge",
    action: "contact.merged",
    input: () => ({ fromId: made["otherContactId"], intoId: made["contactId"] }),
  },
  { path: "conversations.contacts.delete", action: "contact.erased", input: () => ({ contactId: made["contactId"] }) },
  { path: "jobs.deadLetters.replay", action: "dead_letter.replayed", input: () => ({ id: made["deadLetterId"] }) },
  { path: "jobs.deadLetters.discard", action: "dead_letter.discarded", input: () => ({ id: made["deadLetterId"] }) },
  { path: "workspaces.members.updateRole", action: "member.role_changed", input: () => ({ memberId: made["viewerId"], role: "member" }) },
  { path: "workspaces.members.remove", action: "member.removed", input: () => ({ memberId: made["viewerId"] }) },
  { path: "workspaces.members.leave", action: "member.left", input: () => ({}) },
  { path: "workspaces.delete", action: "workspace.deleted", input: () => ({ confirm: "Renamed", graceDays: 1 }) },
];

let site: FakeSite;
let app: App;
let owner: Owner;
let leaver: Owner;

beforeAll(async () => {
  site = await createFakeSite({ "/": "welcome" });
  app = await openApp({ sites: [site.host] });
  owner = await app.found("owner");
  leaver = await join("leaver");
  made["viewerId"] = (await join("viewer")).session.user.id;
}, 120_000);
afterAll(async () => {
  await app.close();
  await site.close();
});

async function join(name: string): Promise<Owner> {
  const person = await app.found(name);
  const { email } = person.session.user;
  await owner.client.api.workspaces.invitations.create.mutate({ email, role: "viewer" });
  await person.client.api.workspaces.invitations.accept.mutate({ token: tokenIn(await letterTo(app.mailFolder, email, /invite/i)) });
  return person;
}

const lines = async () => (await owner.client.api.workspaces.audit.list.query({ limit: 100 })).items;

describe("every mutation in a workspace", () => {
  it("is one of these steps, or exempt for a reason", () => {
    const mutations = listProcedures().flatMap(({ path, kind, access }) =>
      kind === "mutation" && access.tier === "workspace" ? path : [],
    );
    expect([...new Set(steps.map(({ path }) => path)), ...Object.keys(exempt)].sort()).toEqual(mutations.sort());
  });

  it.each(steps)("$path writes $action", async ({ path, action, input, keep }) => {
    if (path === "knowledge.documents.completeUpload") await upload();
    if (path === "analytics.dismissGap") await leaveGap();
    if (path === "conversations.contacts.update") await leaveContacts();
    if (path.startsWith("jobs.deadLetters.")) await leaveDeadLetter();
    if (path === "knowledge.documents.reprocess") await until(textRests, "the text to be read");
    if (path === "knowledge.sources.sync") await until(siteRests, "the first look at the site to end");
    const before = await lines();
    const { token, session } = path === "workspaces.members.leave" ? leaver : owner;
    const answer = await call(app.url, "mutation", path, input(), { token, workspaceId: owner.workspaceId });
    expect(answer.status, answer.text).toBe(200);
    shown.push(...[...answer.text.matchAll(/"(?:secret|identitySecret)":"([^"]+)"/g)].map((match) => match[1] ?? ""));
    if (keep) made[keep.as] = new RegExp(`"${keep.field}":"([^"]+)"`).exec(answer.text)?.[1] ?? "";
    if (path === "workspaces.delete") await restore();
    // A change may bring another with it: a channel's identity is a secret that is set.
    const mine = (await lines()).filter((line) => line.action === action && !before.some(({ id }) => id === line.id));
    expect(mine).toMatchObject([{ action, actor: { kind: "user", id: session.user.id }, ip: "127.0.0.1", requestId: expect.any(String) }]);
    expect(mine[0]?.target?.id).toEqual(expect.any(String));
  });

  it("is told without a secret, a token, or what somebody wrote", async () => {
    const all = JSON.stringify(await lines());
    expect(all).toContain("systemPrompt");
    const tokens = lettersIn(app.mailFolder).map(tokenIn).filter(Boolean);
    expect(shown).toHaveLength(3);
    expect(tokens.length).toBeGreaterThanOrEqual(2);
    for (const word of [...planted, ...shown, ...tokens, owner.token]) expect(all, word).not.toContain(word);
  });
});

/** A source that is being looked at is not looked at twice. */
const textRests = async () =>
  (await owner.client.api.knowledge.documents.get.query({ documentId: made["documentId"] ?? "" })).status === "ready";
const siteRests = async () =>
  (await owner.client.api.knowledge.sources.get.query({ sourceId: made["siteId"] ?? "" })).sync?.state === "idle";

/** Two who have written, without anybody doing so. */
async function leaveContacts(): Promise<void> {
  const database = openPool(app.database, null, 1);
  [made["contactId"], made["otherContactId"]] = [newId(), newId()];
  for (const id of [made["contactId"], made["otherContactId"]])
    await database`insert into contact (workspace_id, id) values (${owner.workspaceId}, ${id})`;
  await database.end();
}

/** A question that nothing answered, without anybody asking it. */
async function leaveGap(): Promise<void> {
  const database = openPool(app.database, null, 1);
  made["gapId"] = newId();
  await database`insert into question_gap (workspace_id, id, gap_id, agent_id, question, reason, confidence)
    values (${owner.workspaceId}, ${made["gapId"]}, ${made["gapId"]}, ${made["agentId"] ?? ""}, ${text ?? ""}, 'no_knowledge', 0.1)`;
  await database.end();
}

async function leaveDeadLetter(): Promise<void> {
  const database = openPool(app.database, null, 1);
  made["deadLetterId"] = (await newJobThings(owner.workspaceId, database)).deadLetterId;
  await database.end();
}

/** Puts the bytes of a document of its own where they belong. */
async function upload(): Promise<void> {
  const sourceId = made["sourceId"] ?? "";
  const file = { sourceId, name: "a.txt", mime: "text/plain", bytes: 4 };
  const place = await owner.client.api.knowledge.documents.createUpload.mutate(file);
  expect((await fetch(place.url, { method: "PUT", headers: place.headers, body: "mine" })).status).toBe(200);
  made["uploadId"] = place.documentId;
}

const restore = () => owner.client.api.workspaces.restore.mutate({ workspaceId: owner.workspaceId });
