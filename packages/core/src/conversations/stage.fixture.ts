/**
 * A stage for conversations: an agent that answers at once, a scripted model, and hands on the turn engine.
 *
 * @module
 */
import { embeddingText } from "@axon/ai/embedding-text";
import { indexLexemes } from "@axon/ai/lexical/analyze";
import { createLocalProvider } from "@axon/ai/local/provider";
import type { AiProvider, ChatPart, ChatRequest } from "@axon/ai/provider";
import { agentSettings, type CreateAgentInput } from "@axon/contracts/agents";
import type { Conversation, Message } from "@axon/contracts/conversations";
import { turn } from "@axon/db/schema/conversations";
import { putReadyDocument } from "@axon/testing/ready-document";
import { asc, eq } from "drizzle-orm";
import { createAgent } from "../agents/index.ts";
import type { Scene } from "../scene.fixture.ts";
import { type DeltaSink, generateReply, listMessages, type ReplyDeps, startConversation } from "./index.ts";

/** What the scripted model does when it is asked. */
export type Script = (request: ChatRequest, signal: AbortSignal | undefined) => AsyncIterable<ChatPart>;

/** The local provider with a chat model that follows a script and says how often it was asked. */
export function scriptedProvider(script: Script, confidence = 0.95): AiProvider & { asked: ChatRequest[] } {
  const local = createLocalProvider();
  const asked: ChatRequest[] = [];
  return {
    ...local,
    asked,
    confidence: { id: "scripted", threshold: 0.5, score: () => confidence },
    chat: {
      id: "scripted",
      stream: (request, { signal }) => {
        asked.push(request);
        return script(request, signal);
      },
    },
  };
}

/** A script that answers with these pieces and cites the first passage. */
export function says(...pieces: string[]): Script {
  return async function* () {
    yield { type: "action", action: "answer" };
    for (const text of pieces) yield { type: "text", text };
    yield { type: "usage", prompt: 10, completion: pieces.length, estimated: false, price: null };
    yield { type: "finish", reason: "stop" };
  };
}

/** Keeps what was streamed, reply by reply. */
export function recordDeltas(): { openDeltas: ReplyDeps["openDeltas"]; texts: Map<string, string> } {
  const texts = new Map<string, string>();
  const openDeltas = ({ replyId }: { replyId: string }): DeltaSink => ({
    write: (text) => void texts.set(replyId, (texts.get(replyId) ?? "") + text),
    flush: async () => {},
    stop: () => {},
  });
  return { openDeltas, texts };
}

/** An agent that answers without delay. */
export function quickAgent(scene: Scene, workspaceId: string, settings: Partial<CreateAgentInput> = {}) {
  return scene.inWorkspace(workspaceId, (ws) =>
    createAgent(ws, { ...agentSettings.parse({ name: "Ada", replyDelayMs: 0 }), ...settings }, null, { confidenceThreshold: 0.5 }),
  );
}

export async function startAs(
  scene: Scene,
  workspaceId: string,
  agentId: string,
  text: string,
): Promise<{ conversation: Conversation; message: Message }> {
  return scene.inWorkspace(workspaceId, (ws) => startConversation(ws, { agentId, text, as: "contact" }, { as: "contact" }));
}

export async function messagesOf(scene: Scene, workspaceId: string, conversationId: string): Promise<Message[]> {
  const page = await scene.inWorkspace(workspaceId, (ws) => listMessages(ws, { conversationId, limit: 100, order: "asc" }));
  return page.items;
}

/** The turns of a conversation, oldest first, as the table has them. */
export async function turnsOf(
  scene: Scene,
  workspaceId: string,
  conversationId: string,
): Promise<{ id: string; state: string; attempts: number }[]> {
  return scene.inWorkspace(workspaceId, async (ws) => {
    return ws.tx
      .select({ id: turn.id, state: turn.state, attempts: turn.attempts })
      .from(turn)
      .where(eq(turn.conversationId, conversationId))
      .orderBy(asc(turn.id));
  });
}

/** Runs the reply job of a turn as a worker would. */
export function reply(deps: ReplyDeps, workspaceId: string, turnId: string, { lastAttempt = false } = {}): Promise<void> {
  return generateReply(deps, { workspaceId, turnId }, { signal: new AbortController().signal, lastAttempt });
}

/** Puts one ready document with this text into the workspace, without the way through a queue. */
export async function knowledgeAbout(scene: Scene, workspaceId: string, title: string, text: string): Promise<void> {
  const embedder = createLocalProvider().embedder;
  const [vector] = await embedder.embed([embeddingText(title, [], text)], { kind: "document" });
  const { tsvector, length } = indexLexemes(title, [], text);
  await scene.inWorkspace(workspaceId, async ({ tx }) => {
    const ready = { title, text, lexemes: tsvector, length, embedding: [...(vector ?? [])], embedder: embedder.id };
    await putReadyDocument(tx, workspaceId, ready);
  });
}
