/** Two locks on every door: what belongs to another workspace is told like what does not exist, by every procedure there is. */
import { toRequest } from "@axon/api/rest/to-request";
import { appRouter } from "@axon/api/router";
import type { AxonClient } from "@axon/client/client";
import { openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type App, type Owner, openApp } from "./app.fixture.ts";
import { contentsOf } from "./contents.fixture.ts";
import { replyTo } from "./follow.fixture.ts";
import { type Case, type Entry, entries, type Things } from "./isolation-cases.fixture.ts";
import { newContactThings } from "./isolation-cases-contacts.fixture.ts";
import { missingEvaluationThings, newEvaluationThings } from "./isolation-cases-evaluation.fixture.ts";
import { newJobThings } from "./isolation-cases-jobs.fixture.ts";
import { type Answer, type Caller, call, callRest, headersOf, type Kind } from "./wire.fixture.ts";

interface Party extends Owner {
  things: Things;
  viewer: string;
}

// safe: tRPC keeps all procedures of nested routers in one flat record, by dotted path, whatever the type says
const flat = appRouter._def.procedures as unknown as Record<string, { _def: { type: Kind } }>;
const procedures = Object.entries(flat).map(([path, { _def }]) => ({ path, kind: _def.type }));
const knowledge = "The secret of the lighthouse keeper is a marmalade sandwich.";
let app: App;
let owner: ReturnType<typeof openPool>;
let victim: Party;
let stranger: Party;
let nobody: Things;
/** The tokens of an admin who was removed from the victim's workspace, and of a key that was revoked there. */
let formerMember: string;
let revokedKey: string;
let cases = 0;

beforeAll(async () => {
  app = await openApp();
  owner = openPool(app.database, null, 1);
  victim = await settle("victim", knowledge);
  stranger = await settle("stranger", "Our shop sells umbrellas.");
  nobody = missingThings();
  formerMember = await removedMember(victim);
  const key = await newKey(victim.client);
  await victim.client.api.workspaces.apiKeys.revoke.mutate({ apiKeyId: key.id });
  revokedKey = key.secret ?? "";
}, 180_000);
afterAll(async () => {
  console.log(`${procedures.length} procedures, ${cases} cases`);
  await owner.end();
  await app.close();
});

/** The database past its fences; in `settle` the name is an owner's. */
const pool = () => owner;

/** A workspace with one of everything. */
async function settle(name: string, text: string): Promise<Party> {
  const owner = await app.found(name);
  const { api } = owner.client;
  const [sources, keys] = [
    [await newSource(owner.client), await newSource(owner.client)],
    [await newKey(owner.client), await newKey(owner.client)],
  ];
  const sourceId = sources[0]?.id ?? "";
  const { id: documentId } = await api.knowledge.documents.addText.mutate({ sourceId, name: "Secrets", text });
  const { documentId: uploadId } = await api.knowledge.documents.createUpload.mutate({
    sourceId,
    name: "later.txt",
    mime: "text/plain",
    bytes: 4,
  });
  expect(await owner.client.waitForDocument(documentId)).toMatchObject({ status: "ready" });
  const { id: agentId } = await api.agents.create.mutate({ name: "Ada", replyDelayMs: 0 });
  await api.agents.create.mutate({ name: "Bea" });
  const { conversationId, events } = await replyTo(owner.client, agentId, "What is the secret of the lighthouse keeper?");
  await api.conversations.start.mutate({ agentId, text: "I have another question", as: "member" });
  const { items } = await api.knowledge.documents.chunks.query({ documentId });
  const evaluationThings = await newEvaluationThings(owner, agentId, conversationId, text, pool());
  // Paused, so that no answer of its own comes while the cases are tried.
  const { id: quietId } = await api.agents.create.mutate({ name: "Cleo", status: "paused" });
  const { id: channelId, publicKey } = await api.channels.create.mutate({ kind: "web", name: "Shop", agentId: quietId });
  const visit = await app.stranger().api.widget.open.mutate({ publicKey: publicKey ?? "" });
  const written = await call(app.url, "mutation", "widget.send", { text: `Hello from ${name}` }, { token: visit.visitorToken });
  const visitorConversationId = /"conversation":\{"id":"([^"]+)"/.exec(written.text)?.[1] ?? "";
  const { name: secretName } = await api.workspaces.secrets.set.mutate({ name: `only.${name}`, value: "open sesame" });
  const { id: invitationId } = await api.workspaces.invitations.create.mutate({ email: "invited@example.com" });
  const jobThings = await newJobThings(owner.workspaceId, pool());
  const contactThings = await newContactThings(owner.workspaceId, visitorConversationId, pool());
  const cursor = (page: { nextCursor: string | null }) => page.nextCursor ?? "";
  const session = await app
    .stranger()
    .api.auth.signUp.mutate({ email: `${name}-${newId()}@example.com`, password: "correct horse battery", name });
  const { user } = await api.auth.me.query();
  await app.stranger().api.auth.signIn.mutate({ email: user.email, password: "correct horse battery" });
  const devices = await api.auth.sessions.list.query({});
  return {
    ...owner,
    viewer: keys[1]?.secret ?? "",
    things: {
      ...evaluationThings,
      ...jobThings,
      ...contactThings,
      workspaceId: owner.workspaceId,
      secretName,
      agentId,
      sourceId,
      documentId,
      uploadId,
      chunkId: items[0]?.id ?? "",
      conversationId,
      replyId: events.flatMap((event) => (event.type === "reply.started" ? event.replyId : []))[0] ?? "",
      apiKeyId: keys[0]?.id ?? "",
      memberId: user.id,
      invitationId,
      channelId,
      publicKey: publicKey ?? "",
      visitorId: visit.visitorId,
      visitorToken: visit.visitorToken,
      visitorConversationId,
      sessionId: devices.items.find(({ current }) => !current)?.id ?? "",
      cursors: {
        agents: cursor(await api.agents.list.query({ limit: 1 })),
        sources: cursor(await api.knowledge.sources.list.query({ limit: 1 })),
        documents: cursor(await api.knowledge.documents.list.query({ limit: 1 })),
        conversations: cursor(await api.conversations.list.query({ limit: 1 })),
        apiKeys: cursor(await api.workspaces.apiKeys.list.query({ limit: 1 })),
      },
      lastEventId: (await api.conversations.get.query({ conversationId })).lastEventId,
      refreshToken: session.refreshToken,
    },
  };
}

const newSource = (client: AxonClient) => client.api.knowledge.sources.create.mutate({ kind: "text", name: "Shelf" });
const newKey = (client: AxonClient) => client.api.workspaces.apiKeys.create.mutate({ name: "key", role: "viewer" });

/** Somebody who was an admin there once. */
async function removedMember({ client, workspaceId }: Owner): Promise<string> {
  const former = await app.found("former");
  const { user } = await former.client.api.auth.me.query();
  await owner`insert into membership (workspace_id, account_id, role, name) values (${workspaceId}, ${user.id}, 'admin', 'Former')`;
  expect((await former.client.api.auth.me.query()).memberships).toHaveLength(2);
  await client.api.workspaces.members.remove.mutate({ memberId: user.id });
  return former.token;
}

/** Ids of the right form that nothing has. */
function missingThings(): Things {
  const id = newId;
  const cursor = () => Buffer.from(JSON.stringify([newId()])).toString("base64url");
  return {
    ...{
      workspaceId: id(),
      secretName: "only.nobody",
      agentId: id(),
      sourceId: id(),
      documentId: id(),
      uploadId: id(),
      chunkId: id(),
      conversationId: id(),
      replyId: id(),
      apiKeyId: id(),
      memberId: id(),
      invitationId: id(),
      sessionId: id(),
      channelId: id(),
      publicKey: "axw_missing",
      visitorId: id(),
      visitorToken: "made.up.token",
      visitorConversationId: id(),
    },
    ...missingEvaluationThings(),
    deadLetterId: id(),
    attachmentId: id(),
    cursors: {
      ...{ agents: cursor(), sources: cursor(), documents: cursor(), apiKeys: cursor() },
      conversations: Buffer.from(JSON.stringify([new Date().toISOString(), newId()])).toString("base64url"),
    },
    lastEventId: "0",
    refreshToken: "axr_missing",
  };
}

/** One call that a case is made of: over tRPC, and over REST where it has a route. Both must come to the same. */
async function ask(kind: Kind, path: string, input: unknown, caller: Caller): Promise<Answer> {
  cases += 1;
  const answer = await call(app.url, kind, path, input, caller);
  const request = toRequest(path, input);
  if (request === null) return answer;
  cases += 1;
  const rest = await callRest(app.url, request, caller);
  // REST refuses a query parameter that it does not know, where tRPC looks past a field: for a smuggled one either will do.
  const smuggled = rest.reason === "validation" && rest.text.includes("There is no such parameter");
  if (!smuggled)
    expect({ path, code: rest.code, reason: rest.reason }, rest.text).toEqual({ path, code: answer.code, reason: answer.reason });
  return { ...answer, text: `${answer.text}\n${rest.text}` };
}

/** Whatever the answer is, it holds no id and no word of the victim's. */
function expectNothingOf(party: Party, answer: Answer): void {
  const { cursors: _, lastEventId: __, refreshToken: ___, ...ids } = party.things;
  for (const theirs of [...Object.values(ids), party.workspaceId, "marmalade"]) expect(answer.text).not.toContain(theirs);
}

const entryOf = (path: string): Entry => {
  const entry = Object.hasOwn(entries, path) ? entries[path] : undefined;
  if (!entry) throw new Error(`${path} has no entry in isolation-cases.fixture.ts`);
  return entry;
};
const inWorkspace = (path: string) => ["reader", "writer", "manager"].includes(entries[path]?.tier ?? "");

describe("the table of cases", () => {
  it("has an entry for every procedure, and for nothing else", () => {
    expect(Object.keys(entries).toSorted()).toEqual(procedures.map(({ path }) => path).toSorted());
  });

  it("names every kind of thing that the workspaces have", () => {
    for (const thing of [...Object.values(victim.things.cursors), ...Object.values(victim.things)]) expect(thing).toBeTruthy();
  });
});

describe.each(procedures)("$path", ({ path, kind }) => {
  it("tells a stranger of another's things what it tells of missing ones, and changes none of them", async () => {
    const { cases: all } = entryOf(path);
    const before = await contentsOf(owner, victim.workspaceId);
    for (const one of all) await tryCase(path, kind, one);
    expect(await contentsOf(owner, victim.workspaceId)).toEqual(before);
  });

  it.runIf(inWorkspace(path))("takes a workspace that is not the caller's for one that does not exist", async () => {
    const right = entryOf(path).right(victim.things);
    const key = (await newKey(stranger.client)).secret ?? "";
    for (const token of [stranger.token, key]) {
      const foreign = await ask(kind, path, right, { token, workspaceId: victim.workspaceId });
      expect(foreign).toMatchObject({ code: "NOT_FOUND", reason: "not_a_member" });
      expect(foreign).toEqual(await ask(kind, path, right, { token, workspaceId: newId() }));
    }
  });

  it("lets nobody in without a credential that does not belong there", async () => {
    const entry = entryOf(path);
    const right = entry.right(victim.things);
    if (entry.tier === "anyone") return expectNothingOf(victim, await ask(kind, path, right, { workspaceId: victim.workspaceId }));
    expect(await ask(kind, path, right, { workspaceId: victim.workspaceId })).toMatchObject({
      code: "UNAUTHORIZED",
      reason: "unauthorized",
    });
    expect(await ask(kind, path, right, { token: "axk_made_up", workspaceId: victim.workspaceId })).toMatchObject({ code: "UNAUTHORIZED" });
    const visitor = { token: victim.things.visitorToken, workspaceId: victim.workspaceId };
    if (entry.tier !== "visitor") expect(await ask(kind, path, right, visitor)).toMatchObject({ code: "UNAUTHORIZED" });
    if (inWorkspace(path)) expect(await ask(kind, path, right, { token: victim.token })).toMatchObject({ reason: "workspace_required" });
    else if (entry.tier === "visitor")
      for (const token of [victim.token, victim.viewer])
        expect(await ask(kind, path, right, { token })).toMatchObject({ code: "UNAUTHORIZED" });
    else expect(await ask(kind, path, right, { token: victim.viewer })).toMatchObject({ code: "FORBIDDEN" });
  });

  it.runIf(inWorkspace(path))("takes a removed member for a stranger, and a revoked key for nobody", async () => {
    const right = entryOf(path).right(victim.things);
    const before = await contentsOf(owner, victim.workspaceId);
    const removed = await ask(kind, path, right, { token: formerMember, workspaceId: victim.workspaceId });
    expect(removed).toMatchObject({ code: "NOT_FOUND", reason: "not_a_member" });
    expect(removed).toEqual(await ask(kind, path, right, { token: formerMember, workspaceId: newId() }));
    expect(await ask(kind, path, right, { token: revokedKey })).toMatchObject({ code: "UNAUTHORIZED", reason: "unauthorized" });
    expect(await contentsOf(owner, victim.workspaceId)).toEqual(before);
  });

  it.runIf(inWorkspace(path))("lets a viewer read and never write", async () => {
    const entry = entryOf(path);
    const before = await contentsOf(owner, victim.workspaceId);
    const answer = await ask(kind, path, entry.right(victim.things), { token: victim.viewer });
    if (entry.tier === "reader") expect(answer.code).toBeNull();
    else expect(answer).toMatchObject({ code: "FORBIDDEN", reason: "forbidden" });
    expect(await contentsOf(owner, victim.workspaceId)).toEqual(before);
  });
});

async function tryCase(path: string, kind: Kind, { what, input, answer }: Case): Promise<void> {
  const asVisitor = entryOf(path).tier === "visitor";
  const caller = asVisitor ? { token: stranger.things.visitorToken } : { token: stranger.token, workspaceId: stranger.workspaceId };
  const foreign = await ask(kind, path, input(stranger.things, victim.things), caller);
  const absent = await ask(kind, path, input(stranger.things, nobody), caller);
  expectNothingOf(victim, foreign);
  if (answer === "not_found") {
    expect(foreign, what).toMatchObject({ code: "NOT_FOUND", reason: "not_found" });
    expect(foreign, what).toEqual(absent);
  } else {
    expect(foreign.code, what).toBeNull();
    expect({ status: foreign.status, code: absent.code }, what).toEqual({ status: absent.status, code: null });
  }
}

describe("beside the procedures", () => {
  it("an upload link of one's own opens no other place", async () => {
    const { api } = stranger.client;
    const { url, headers } = await api.knowledge.documents.createUpload.mutate({
      sourceId: stranger.things.sourceId,
      name: "x.txt",
      mime: "text/plain",
      bytes: 4,
    });
    for (const documentId of [victim.things.uploadId, victim.things.documentId, newId()]) {
      const bent = url.replace(/\/uploads\/[^?]+/, `/uploads/${victim.workspaceId}/${documentId}/1`);
      expect(bent).not.toBe(url);
      const refused = await fetch(bent, { method: "PUT", headers, body: "evil" });
      expect(refused.status).toBe(403);
      expect(await refused.text()).toContain("bad_signature");
    }
    await expect(victim.client.api.knowledge.documents.completeUpload.mutate({ documentId: victim.things.uploadId })).rejects.toMatchObject(
      { data: { reason: "upload_missing" } },
    );
    expect((await fetch(url, { method: "PUT", headers, body: "mine" })).status).toBe(200);
  });

  it("nobody's search, and nobody's agent, shows a passage of another workspace", async () => {
    const query = "the secret of the lighthouse keeper is a marmalade sandwich";
    const own = await victim.client.api.knowledge.search.query({ query });
    expect(own.items.map(({ documentId }) => documentId)).toContain(victim.things.documentId);
    const found = await stranger.client.api.knowledge.search.query({ query });
    const theirs = (await stranger.client.api.knowledge.documents.list.query({ limit: 100 })).items.map(({ id }) => id);
    expect([...found.items, ...found.dropped].filter(({ documentId }) => !theirs.includes(documentId))).toEqual([]);
    const { message } = await replyTo(stranger.client, stranger.things.agentId, query);
    expect(JSON.stringify(message)).not.toContain("marmalade sandwich.");
    expect(message.citations.filter((citation) => citation.documentId === victim.things.documentId)).toEqual([]);
  });

  it.each(["conversation", "document"] as const)("a socket is refused another workspace's %s as if it did not exist", async (what) => {
    const told = (things: Things) =>
      new Promise<unknown>((resolve) => {
        const { api } = stranger.client;
        const observer = {
          onError: (error: { message: string; data?: object | null | undefined }) =>
            resolve({ message: error.message, data: { ...error.data, requestId: null } }),
          onData: resolve,
        };
        if (what === "conversation") api.conversations.onConversation.subscribe({ conversationId: things.conversationId }, observer);
        else api.knowledge.onProgress.subscribe({ documentId: things.documentId }, observer);
      });
    const foreign = await told(victim.things);
    expect(foreign).toMatchObject({ data: { code: "NOT_FOUND", reason: "not_found" } });
    expect(foreign).toEqual(await told(nobody));
  });

  it("a socket that names another's workspace gets nothing of it", async () => {
    const { at } = stranger;
    const spy = at(0);
    spy.useWorkspace(victim.workspaceId);
    const told = await new Promise<unknown>((resolve) => {
      spy.api.conversations.onWorkspace.subscribe({ lastEventId: "0" }, { onError: resolve, onData: resolve });
    });
    expect(told).toMatchObject({ data: { code: "NOT_FOUND", reason: "not_a_member" } });
  });

  it("the same words of two workspaces (external id, message id, idempotency key) never meet", async () => {
    const say = ({ client, things }: Party, text: string) =>
      client.api.conversations.start.mutate({
        agentId: things.agentId,
        text,
        as: "member",
        clientMessageId: "same",
        contact: { externalId: "customer-1", name: text },
      });
    const make = ({ client }: Party, name: string) =>
      client.api.knowledge.sources.create.mutate({ kind: "text", name, idempotencyKey: "same" });
    const add = ({ client, things }: Party, text: string) =>
      client.api.knowledge.documents.addText.mutate({ sourceId: things.sourceId, name: text, text, idempotencyKey: "same" });
    const found = ({ token }: Party, name: string) =>
      call(app.url, "mutation", "workspaces.create", { name, idempotencyKey: "same" }, { token });
    const [a, b] = [await say(victim, "From the victim"), await say(stranger, "From the stranger")];
    expect(b.conversation.id).not.toBe(a.conversation.id);
    expect(b.conversation.contact).toMatchObject({ externalId: "customer-1", name: "From the stranger" });
    expect(b.conversation.contact.id).not.toBe(a.conversation.contact.id);
    expect((await victim.client.api.conversations.get.query({ conversationId: a.conversation.id })).contact.name).toBe("From the victim");
    expect((await make(victim, "Mine")).id).not.toBe((await make(stranger, "Also mine")).id);
    expect((await add(victim, "One")).id).not.toBe((await add(stranger, "Two")).id);
    const founded = [await found(victim, "Ours"), await found(stranger, "Not yours")];
    expect(founded.map(({ status }) => status)).toEqual([200, 200]);
    expect(founded[1]?.text).not.toContain("Ours");
    const parallel = await Promise.all(
      [victim, stranger, victim, stranger].map(({ client, things }) =>
        client.api.conversations.start.mutate({ agentId: things.agentId, text: "Together", as: "member", clientMessageId: "together" }),
      ),
    );
    expect(new Set(parallel.map(({ conversation }) => conversation.id)).size).toBe(2);
  });

  it("signing a stranger out leaves everybody else signed in", async () => {
    const other = await app.found("short-lived");
    expect((await call(app.url, "mutation", "auth.signOutEverywhere", {}, { token: other.token })).status).toBe(200);
    expect((await fetch(`${app.url}/trpc/auth.me`, { headers: headersOf({ token: other.token }) })).status).toBe(401);
    expect((await fetch(`${app.url}/trpc/auth.me`, { headers: headersOf({ token: victim.token }) })).status).toBe(200);
    expect((await call(app.url, "mutation", "auth.refresh", { refreshToken: victim.things.refreshToken })).status).toBe(200);
  });
});
