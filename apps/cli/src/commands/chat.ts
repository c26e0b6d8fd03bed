/**
 * `axon chat`: a conversation as a customer would have it. Tokens are printed as they arrive; with a pipe instead of
 * a person each line is a message, sent when the one before it is answered.
 *
 * @module
 */
import { randomUUID } from "node:crypto";
import { createInterface } from "node:readline";
import { backoffMs, pause } from "@axon/client/backoff";
import type { AxonClient } from "@axon/client/client";
import { axonErrorOf, mayPass } from "@axon/client/errors";
import type { Agent } from "@axon/contracts/agents";
import { type ChatView, createChatView } from "../chat-view.ts";
import { chooseAgent } from "../connect.ts";
import { type Io, remark } from "../io.ts";

interface ChatOptions {
  agent?: string;
  preferredAgentId: string | undefined;
  /** How long one answer is waited for before the next line is taken. */
  answerTimeoutMs?: number;
}

const sendAttemptsMax = 4;
const answerTimeoutMsDefault = 120_000;
/** What belongs to one answer is committed at once but printed event by event: the last ones get this long to come. */
const settleMs = 120;

/** Runs until the input ends, `/quit` is typed, or the process is interrupted. */
export async function chat(client: AxonClient, io: Io, options: ChatOptions): Promise<number> {
  const agent = await chooseAgent(client, options.agent, options.preferredAgentId);
  const stop = new AbortController();
  const lines = createInterface({ input: io.stdin, terminal: io.interactive, ...(io.interactive ? { output: io.stdout } : {}) });
  const prompt = () => {
    if (!io.interactive) return;
    lines.setPrompt(`${io.style.strong("you")} ${io.style.faint("›")} `);
    lines.prompt();
  };
  greet(io, agent);
  const talk = createTalk(client, io, agent, stop.signal);
  lines.once("SIGINT", () => {
    stop.abort();
    lines.close();
  });
  try {
    prompt();
    for await (const line of lines) {
      const text = line.trim();
      if (text === "/quit" || text === "/exit") break;
      if (text === "/new") talk.restart();
      else if (text !== "") {
        if (!io.interactive) io.stdout.write(`${io.style.strong("you")} ${io.style.faint("›")} ${text}\n`);
        await talk.say(text);
        await talk.answered(options.answerTimeoutMs ?? answerTimeoutMsDefault);
      }
      prompt();
    }
  } finally {
    stop.abort();
    lines.close();
    await talk.ended();
  }
  return 0;
}

function greet(io: Io, agent: Agent): void {
  const { style } = io;
  if (io.interactive) remark(io, style.faint(`Talking to ${agent.name}. /new begins anew, /quit ends.`));
  if (agent.greeting !== "") io.stdout.write(`${style.accent(agent.name)} ${style.faint("›")} ${agent.greeting}\n`);
}

/** One conversation after another with the same agent. */
function createTalk(client: AxonClient, io: Io, agent: Agent, signal: AbortSignal) {
  let view: ChatView = createChatView(agent.name, io.style);
  let conversationId: string | null = null;
  let leave = new AbortController();
  let following: Promise<void> = Promise.resolve();
  let failure: unknown = null;
  let wake = () => {};

  async function follow(id: string, lastEventId: string, until: AbortSignal): Promise<void> {
    const shown = view;
    let connected = false;
    const onState = (state: "connecting" | "connected") => {
      const lost = state === "connecting" && connected;
      connected = state === "connected";
      if (lost && shown.waiting()) remark(io, io.style.faint("· connection lost, trying again"));
    };
    try {
      for await (const { event } of client.follow.conversation(
        { conversationId: id, lastEventId },
        { signal: AbortSignal.any([signal, until]), onState },
      )) {
        const text = shown.on(event);
        if (text !== "") io.stdout.write(text);
        wake();
      }
    } catch (cause) {
      failure = cause;
      wake();
    }
  }

  return {
    /** Sends a message; the first one opens the conversation. The same message is never stored twice, however often it is tried. */
    async say(text: string): Promise<void> {
      view.sent();
      const clientMessageId = randomUUID();
      if (conversationId !== null) {
        const known = conversationId;
        await persistently(() => client.api.conversations.send.mutate({ conversationId: known, text, as: "contact", clientMessageId }));
        return;
      }
      const started = await persistently(() =>
        client.api.conversations.start.mutate({ agentId: agent.id, text, as: "contact", clientMessageId }),
      );
      conversationId = started.conversation.id;
      following = follow(conversationId, started.conversation.lastEventId, leave.signal);
    },
    /** Resolves when the answer is complete, when a person has the conversation, or after `timeoutMs` with a remark. */
    async answered(timeoutMs: number): Promise<void> {
      const deadline = Date.now() + timeoutMs;
      while (view.waiting() && failure === null && !signal.aborted && Date.now() < deadline) {
        const news = new AbortController();
        wake = () => news.abort();
        await pause(Math.min(1_000, deadline - Date.now()), AbortSignal.any([news.signal, signal]));
      }
      if (failure !== null) throw failure;
      if (view.waiting()) remark(io, io.style.warn("· no answer yet; it will appear here when it comes"));
      else if (view.takenOver()) remark(io, io.style.faint("· a person has this conversation; their answer will appear here"));
      else await pause(settleMs, signal);
    },
    restart(): void {
      leave.abort();
      leave = new AbortController();
      view = createChatView(agent.name, io.style);
      conversationId = null;
      remark(io, io.style.faint("· a new conversation"));
    },
    ended: () => following,
  };
}

async function persistently<Result>(send: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await send();
    } catch (cause) {
      if (attempt + 1 >= sendAttemptsMax || !mayPass(axonErrorOf(cause))) throw cause;
      await pause(backoffMs(attempt));
    }
  }
}
