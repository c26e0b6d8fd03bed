import { afterEach, describe, expect, it } from "vitest";
import { type AxonClientOptions, createAxonClient } from "./client.ts";
import { axonErrorOf } from "./errors.ts";
import { startTestServer, type TestServer, type TestServerOptions, workspaceId } from "./testing/server.ts";

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function setUp(options: Omit<AxonClientOptions, "url"> = {}, serverOptions: TestServerOptions = {}) {
  const server: TestServer = await startTestServer(serverOptions);
  open.push({ close: () => server.stop() });
  const client = createAxonClient({ url: server.url, ...options });
  open.push(client);
  return { server, client };
}
const credentials = { email: "a@b.example", password: "right" };
const agent = (name: string) => ({ agentId: name });
const failure = (promise: Promise<unknown>) => promise.then(() => null, axonErrorOf);

describe("calling Axon", () => {
  it("sends calls made together as one request", async () => {
    const { server, client } = await setUp({ token: "fixed" });
    const found = await Promise.all(["a", "b", "c"].map((name) => client.api.agents.get.query(agent(name))));
    expect(found).toEqual([{ id: "a" }, { id: "b" }, { id: "c" }]);
    expect(server.counts.http).toBe(1);
  });

  it("signs in at the first call and acts in the session's only workspace", async () => {
    const { server, client } = await setUp({ credentials });
    expect(server.counts.signIn).toBe(0);
    await client.api.workspaces.get.query();
    expect(server.counts.signIn).toBe(1);
    expect(server.seenWorkspaces).toEqual([workspaceId]);
  });

  it("acts in another workspace when told to", async () => {
    const { server, client } = await setUp({ credentials });
    client.useWorkspace("other");
    await client.api.workspaces.get.query();
    expect(server.seenWorkspaces).toEqual(["other"]);
  });

  it("makes one refresh for twenty calls whose token expired, and every call succeeds", async () => {
    const { server, client } = await setUp({ credentials });
    await client.api.agents.get.query(agent("first"));
    server.expireTokens();
    const found = await Promise.all(Array.from({ length: 20 }, (_, i) => client.api.agents.get.query(agent(`a${i}`))));
    expect(found).toEqual(Array.from({ length: 20 }, (_, i) => ({ id: `a${i}` })));
    expect(server.counts.refresh).toBe(1);
    expect(server.counts.signIn).toBe(1);
  });

  it("does not ask for another token when the fixed one is refused", async () => {
    const { server, client } = await setUp({ token: "revoked" });
    expect(await failure(client.api.auth.me.query())).toMatchObject({
      reason: "token_expired",
      code: "UNAUTHORIZED",
      requestId: "request-1",
    });
    expect(server.counts.http).toBe(1);
  });

  it("says that the password was wrong, and asks only once", async () => {
    const { server, client } = await setUp({ credentials: { email: "a@b.example", password: "wrong" } });
    expect(await failure(client.api.auth.me.query())).toMatchObject({ reason: "invalid_credentials" });
    expect(server.counts.signIn).toBe(1);
  });

  it("tells a refusal from a server that is not there", async () => {
    const { server, client } = await setUp({ token: "fixed" });
    expect(await failure(client.api.agents.get.query(agent("missing")))).toMatchObject({ reason: "not_found", code: "NOT_FOUND" });
    await server.stop();
    expect(await failure(client.api.agents.get.query(agent("a")))).toMatchObject({ reason: "unreachable", code: null });
  });

  it("says that a call was given up when its caller gives it up", async () => {
    const { client } = await setUp({ token: "fixed" });
    const error = await failure(client.api.agents.get.query(agent("a"), { signal: AbortSignal.abort() }));
    expect(error).toMatchObject({ reason: "aborted" });
  });
});

describe("giving Axon a document", () => {
  it("uploads to the signed address without the token, trying again while the store is busy", async () => {
    const { server, client } = await setUp({ token: "fixed" });
    server.failPuts(2);
    const bytes = new TextEncoder().encode("# Returns\n45 days");
    const upload = await client.uploadDocument({ sourceId: "s1", name: "returns.md", bytes });
    expect(upload).toEqual({ documentId: "d1" });
    expect(server.counts).toMatchObject({ put: 3, uploaded: bytes.length * 3 });
    expect(server.documents.get("d1")).toEqual({ status: "queued" });
  });

  it("refuses a kind of file that nobody can read before anything is sent", async () => {
    const { server, client } = await setUp({ token: "fixed" });
    expect(await failure(client.uploadDocument({ sourceId: "s1", name: "song.mp3", bytes: new Uint8Array(3) }))).toMatchObject({
      reason: "unsupported_type",
    });
    expect(server.counts.http).toBe(0);
  });

  it("waits until the document is ready and passes its progress on", async () => {
    const { server, client } = await setUp({ token: "fixed" });
    await client.uploadDocument({ sourceId: "s1", name: "a.txt", bytes: new Uint8Array(3) });
    const seen: string[] = [];
    const waiting = client.waitForDocument("d1", { onProgress: ({ status, done, total }) => seen.push(`${status} ${done}/${total}`) });
    const progress = (status: "embedding" | "ready", done: number) =>
      server.append(`${done}`, {
        type: "document.progress",
        id: `p${done}`,
        at: "",
        workspaceId,
        documentId: "d1",
        sourceId: "s1",
        status,
        done,
        total: 3,
        error: null,
      });
    progress("embedding", 2);
    server.documents.set("d1", { status: "ready" });
    progress("ready", 3);
    expect(await waiting).toMatchObject({ id: "d1", status: "ready" });
    expect(seen.some((line) => line.startsWith("ready"))).toBe(true);
  });

  it("goes on waiting while the server is restarted", async () => {
    const { server, client } = await setUp({ token: "fixed" });
    server.documents.set("d1", { status: "parsing" });
    server.failCalls(2);
    const seen: string[] = [];
    const waiting = client.waitForDocument("d1", { onProgress: ({ status }) => seen.push(status) });
    await expect.poll(() => seen).toEqual(["parsing"]);
    server.documents.set("d1", { status: "ready" });
    expect(await waiting).toMatchObject({ status: "ready" });
  });

  it("stops waiting when the caller gives up", async () => {
    const { server, client } = await setUp({ token: "fixed" });
    server.documents.set("d1", { status: "parsing" });
    const error = await failure(client.waitForDocument("d1", { signal: AbortSignal.timeout(50) }));
    expect(error).toMatchObject({ reason: "aborted" });
  });
});
