import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Message } from "@axon/contracts/conversations";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { at, fakeAxon, fakeIo, logged } from "../testing/doubles.ts";
import { ask } from "./ask.ts";
import { chat } from "./chat.ts";
import { ingest } from "./ingest.ts";
import { seed } from "./seed.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "axon-commands-"));
  await writeFile(join(folder, "good.md"), "# Good");
  await writeFile(join(folder, "bad.pdf"), "broken");
});
afterAll(() => rm(folder, { recursive: true }));

describe("axon ingest", () => {
  it("ends with 1 and the reason when one file failed, though the others are ready", async () => {
    const { client, documents } = fakeAxon();
    const { io, out, err } = fakeIo();
    const code = await ingest(client, io, ["."], { source: "Files", cwd: folder });
    expect(code).toBe(1);
    expect(documents.map(({ name, status }) => `${name} ${status}`).sort()).toEqual(["bad.pdf failed", "good.md ready"]);
    expect(out()).toBe("1 ready, 1 failed\n  bad.pdf: the file is damaged (invalid)\n");
    expect(err()).toContain("good.md: ready, 4 passages");
  });

  it("takes addresses of pages among the files", async () => {
    const { client, documents } = fakeAxon();
    const { io, out } = fakeIo();
    const paths = ["https://shop.example/help", "good.md", "http://127.0.0.1/"];
    expect(await ingest(client, io, paths, { source: "Files", cwd: folder, quiet: true })).toBe(1);
    expect(documents.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "good.md ready",
      "https://shop.example/help ready",
      "http://127.0.0.1/ failed",
    ]);
    expect(out()).toContain("this address may not be read (url_blocked)");
  });

  it("gives every outcome as JSON, with nothing else on that stream", async () => {
    const { client } = fakeAxon();
    const { io, out } = fakeIo();
    expect(await ingest(client, io, ["good.md"], { source: "Files", json: true, cwd: folder })).toBe(0);
    expect(JSON.parse(out())).toMatchObject({ source: "Files", documents: [{ name: "good.md", status: "ready", chunks: 4, error: null }] });
  });

  it("puts files into the source of that name and makes it only once", async () => {
    const { client, sources } = fakeAxon();
    for (const name of ["good.md", "good.md"]) await ingest(client, fakeIo().io, [name], { source: "Help", cwd: folder, quiet: true });
    expect(sources).toHaveLength(1);
  });
});

describe("axon seed", () => {
  it("leaves one agent and one copy of each document, however often it is run", async () => {
    const { client, agents, sources, documents, calls } = fakeAxon();
    const once = () => seed(client, fakeIo().io, { handbookDir: folder, quiet: true });
    await once();
    expect(documents).toHaveLength(2);
    await once();
    expect([agents.length, sources.length, documents.length]).toEqual([1, 1, 2]);
    expect(calls.uploads).toBe(3); // The failed one is tried again, the ready one is not.
  });

  it("uploads again what changed, and leaves no old copy behind", async () => {
    const { client, documents } = fakeAxon();
    await seed(client, fakeIo().io, { handbookDir: folder, quiet: true });
    const [good] = documents.filter(({ name }) => name === "good.md");
    if (good) good.bytes += 1;
    await seed(client, fakeIo().io, { handbookDir: folder, quiet: true });
    expect(documents.filter(({ name }) => name === "good.md")).toEqual([expect.objectContaining({ bytes: "# Good".length })]);
  });
});

describe("axon ask", () => {
  it("names the agents to choose from when there are several", async () => {
    const { client, agents } = fakeAxon();
    for (const name of ["Pip", "Ada"]) agents.push({ id: name, name, greeting: "", status: "live" });
    await expect(ask(client, fakeIo().io, ["hi"], { preferredAgentId: undefined })).rejects.toThrow("There are: Pip, Ada.");
    const { io, out } = fakeIo();
    expect(await ask(client, io, ["How", "long?"], { agent: "ada", json: true, preferredAgentId: undefined })).toBe(0);
    expect(JSON.parse(out())).toMatchObject({ agentId: "Ada", question: "How long?", answer: "45 days.", confidence: 0.9 });
  });

  it("reads the question from a pipe", async () => {
    const { client, agents } = fakeAxon();
    agents.push({ id: "1", name: "Pip", greeting: "", status: "live" });
    const { io, out } = fakeIo("How long?\n");
    await ask(client, io, [], { preferredAgentId: undefined });
    expect(out()).toBe("45 days.\n\nconfidence █████████░ 90 %\n");
  });
});

describe("axon chat", () => {
  const reply = (replyId: string, text: string) => {
    const ids = { conversationId: "conversation-1", replyId, turnId: replyId };
    const message: Message = {
      id: replyId,
      conversationId: ids.conversationId,
      seq: 2,
      author: { kind: "ai" },
      text,
      visibility: "public",
      attachments: [],
      citations: [],
      confidence: null,
      createdAt: at,
    };
    return [
      logged({ type: "reply.started", ...ids }),
      { type: "reply.delta" as const, id: "e", at, workspaceId: "w", conversationId: ids.conversationId, replyId, index: 0, text },
      logged({ type: "message.created", conversationId: ids.conversationId, message }),
      logged({ type: "reply.completed", ...ids, messageId: replyId, text, confidence: null }),
    ];
  };

  it("sends piped lines one after the other and ends with the input", async () => {
    const { client, agents, calls } = fakeAxon({ replies: [reply("r1", "Hello!"), reply("r2", "45 days.")] });
    agents.push({ id: "1", name: "Pip", greeting: "Welcome.", status: "live" });
    const { io, out } = fakeIo("hi\n\nhow long?\n/quit\nnever sent\n");
    expect(await chat(client, io, { preferredAgentId: undefined })).toBe(0);
    expect(out()).toBe("Pip › Welcome.\nyou › hi\nPip › Hello!\nyou › how long?\nPip › 45 days.\n");
    expect(calls).toMatchObject({ started: ["hi"], sent: ["how long?"] });
  });

  it("goes on after an answer that never came", async () => {
    const { client, agents } = fakeAxon({ replies: [[], reply("r2", "Here.")] });
    agents.push({ id: "1", name: "Pip", greeting: "", status: "live" });
    const { io, out, err } = fakeIo("one\ntwo\n");
    expect(await chat(client, io, { preferredAgentId: undefined, answerTimeoutMs: 50 })).toBe(0);
    expect(err()).toContain("no answer yet");
    expect(out()).toContain("Pip › Here.\n");
  });
});
