/**
 * Who reads a reply, and when each part of it came: through Axon over its WebSocket, or through the pass-through.
 *
 * @module
 */
import { request } from "node:http";
import { WebSocket } from "ws";
import { type Caller, callProcedure } from "../load.ts";
import { markOf, nowMs, wordsIn } from "./text.ts";

/** What had come by when: words of the answer. */
export interface Arrival {
  atMs: number;
  words: number;
}

const replyMsMax = 60_000;

/** One socket of Axon's, over which any number of conversations are followed. */
export interface Follower {
  follow(conversationId: string): Promise<Arrival[]>;
  close(): void;
}

export async function openFollower(url: string, { token, workspaceId }: { token: string; workspaceId: string }): Promise<Follower> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/trpc?connectionParams=1`);
  const follows = new Map<number, (event: { type: string; text?: string }) => void>();
  let calls = 0;
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  socket.send(JSON.stringify({ method: "connectionParams", data: { token, workspaceId } }));
  socket.on("message", (bytes) => {
    const text = String(bytes);
    if (text === "PING") return socket.send("PONG");
    // safe: tRPC's own frames
    const { id, result, error } = JSON.parse(text) as { id?: number; result?: { data?: { data?: { type: string } } }; error?: object };
    const event = error === undefined ? result?.data?.data : { type: "error", text: JSON.stringify(error) };
    if (id !== undefined && id !== null && event !== undefined) follows.get(id)?.(event);
  });
  return {
    follow: (conversationId) =>
      new Promise((resolve, reject) => {
        const id = ++calls;
        const arrivals: Arrival[] = [];
        let said = "";
        const late = setTimeout(() => reject(new Error("a reply did not end")), replyMsMax);
        follows.set(id, ({ type, text = "" }) => {
          if (type === "reply.delta") {
            said += text;
            arrivals.push({ atMs: nowMs(), words: wordsIn(said) });
          }
          const failed = type === "error" || type === "reply.failed" || type === "handoff.requested";
          if (!failed && type !== "reply.completed") return;
          clearTimeout(late);
          follows.delete(id);
          socket.send(JSON.stringify({ id, method: "subscription.stop" }));
          if (failed || arrivals.length === 0) reject(new Error(`no reply was shown: ${type} ${text}`));
          else resolve(arrivals);
        });
        socket.send(
          JSON.stringify({ id, method: "subscription", params: { path: "conversations.onConversation", input: { conversationId } } }),
        );
      }),
    close: () => socket.close(),
  };
}

/** Asks through Axon and reads the reply. */
export async function throughAxon(caller: Caller, follower: Follower, agentId: string, run: number, paceMs: number): Promise<Arrival[]> {
  const text = `How long do parcels in Lisbon take? ${markOf(run, paceMs)}`;
  // safe: the server's own schema gives it
  const started = (await callProcedure(caller, "/trpc/conversations.start", { agentId, text })) as { conversation: { id: string } };
  return follower.follow(started.conversation.id);
}

/** The same words of the same model, as they come through. */
export function passedThrough(url: string, run: number, paceMs: number): Promise<Arrival[]> {
  return new Promise((resolve, reject) => {
    const arrivals: Arrival[] = [];
    let rest = "";
    let said = "";
    const asking = request(`${url}/v1/chat/completions`, { method: "POST", headers: { "content-type": "application/json" } }, (answer) => {
      answer.setEncoding("utf8");
      answer.on("error", reject);
      answer.on("data", (piece: string) => {
        const lines = (rest + piece).split("\n\n");
        rest = lines.pop() ?? "";
        for (const line of lines) said += wordsOf(line);
        if (said !== "") arrivals.push({ atMs: nowMs(), words: wordsIn(said) });
      });
      answer.on("end", () => resolve(arrivals));
    });
    asking.on("error", reject);
    asking.end(JSON.stringify({ stream: true, messages: [{ role: "user", content: markOf(run, paceMs) }] }));
  });
}

/** Without the frame of the structured answer. */
function wordsOf(line: string): string {
  if (!line.startsWith("data: {")) return "";
  // safe: the bench's own model
  const chunk = JSON.parse(line.slice("data: ".length)) as { choices: { delta: { content?: string } }[] };
  const content = chunk.choices[0]?.delta.content ?? "";
  return content.startsWith('{"') || content === '"}' ? "" : content;
}
