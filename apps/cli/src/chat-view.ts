/**
 * A conversation's events as text on a terminal: tokens as they come, then the sources and how sure the agent is;
 * what was withdrawn is said to be withdrawn, since printed text can't be taken back.
 *
 * It only turns events into text; it refuses to know where they come from or who prints.
 *
 * @module
 */
import type { Message } from "@axon/contracts/conversations";
import type { EventBody, StreamEvent } from "@axon/contracts/events";
import { handoffText, renderConfidence, renderSources } from "./render.ts";
import type { Style } from "./style.ts";

export interface ChatView {
  /** What to print for this event, as it is (no newline is to be added). */
  on(event: StreamEvent): string;
  /** A message of ours was sent: an answer is awaited from here on. */
  sent(): void;
  /** True while an answer is awaited or under way. */
  waiting(): boolean;
  /** True once a person has taken the conversation over, so that the agent stays silent. */
  takenOver(): boolean;
}

interface OpenReply {
  replyId: string;
  text: string;
  nextIndex: number;
}

type SupersededReason = Extract<EventBody, { type: "reply.superseded" }>["reason"];
const withdrawnWords: Record<SupersededReason, string> = {
  newer_message: "a newer message came in",
  taken_over: "a person took over",
  withheld: "it was not sure enough",
  restarted: "it starts again",
  resolved: "the conversation was resolved",
};

/** Shows a conversation with the agent of this name. */
export function createChatView(agentName: string, style: Style): ChatView {
  let reply: OpenReply | null = null;
  /** Text of the last reply as it was printed, until its stored message has come. */
  let printed: string | null = null;
  let answered = false;
  let awaiting = false;
  let member = false;

  const speaker = (name: string) => `${style.accent(name)} ${style.faint("›")} `;
  const notice = (text: string) => `${style.warn(`· ${text}`)}\n`;

  function settle(): void {
    if (answered && reply === null) awaiting = false;
  }

  function onDelta(replyId: string, index: number, text: string): string {
    let before = "";
    if (reply?.replyId !== replyId) reply = { replyId, text: "", nextIndex: 0 };
    if (index < reply.nextIndex) return ""; // Seen already.
    if (reply.text === "") before = speaker(agentName);
    reply.text += text;
    reply.nextIndex = index + 1;
    return before + text;
  }

  function onMessage(message: Message): string {
    const { author } = message;
    if (author.kind === "contact") return "";
    if (author.kind !== "ai")
      return `${breakLine()}${speaker(author.name ?? (author.kind === "member" ? "A person" : "System"))}${message.text}\n`;
    const shown = reply?.text ?? printed;
    const lines = renderSources(message.citations, style);
    if (message.confidence !== null) lines.push(renderConfidence(message.confidence, style));
    // Nothing was streamed, or what was is not what was kept: then the stored message is the truth.
    const body = shown === message.text ? (shown.endsWith("\n") ? "" : "\n") : `${breakLine()}${speaker(agentName)}${message.text}\n`;
    printed = null;
    answered = true;
    if (reply) reply = { ...reply, text: "" };
    settle();
    return `${body}${lines.map((line) => `  ${line}\n`).join("")}`;
  }

  function breakLine(): string {
    const open = (reply?.text ?? printed ?? "") !== "";
    return open ? "\n" : "";
  }

  function endReply(): void {
    reply = null;
    settle();
  }

  function onWithdrawn(reason: SupersededReason): string {
    const open = breakLine();
    const wasShown = open !== "";
    endReply();
    printed = null;
    if (reason === "taken_over") awaiting = false;
    return wasShown ? `${open}${notice(`the reply above is withdrawn: ${withdrawnWords[reason]}`)}` : "";
  }

  return {
    sent() {
      awaiting = true;
      answered = false;
    },
    waiting: () => awaiting && !member,
    takenOver: () => member,
    on(event) {
      switch (event.type) {
        case "reply.started":
          reply = { replyId: event.replyId, text: "", nextIndex: 0 };
          return "";
        case "reply.delta":
          return onDelta(event.replyId, event.index, event.text);
        case "reply.completed":
          printed = reply && reply.text !== "" ? reply.text : printed;
          endReply();
          return "";
        case "reply.failed": {
          const open = breakLine();
          endReply();
          return open === "" ? "" : `${open}${notice(`the reply above is withdrawn: ${handoffText(event.reason)}`)}`;
        }
        case "reply.superseded":
          return onWithdrawn(event.reason);
        case "message.created":
          return onMessage(event.message);
        case "handoff.requested":
          return `${breakLine()}${notice(`a person was asked for: ${handoffText(event.reason)}`)}`;
        case "conversation.updated":
          if (event.handler === "member" && !member) {
            member = true;
            return `${breakLine()}${notice("a person has taken over this conversation")}`;
          }
          member = event.handler === "member";
          return "";
        case "resync":
          return notice("some news was lost; read the whole conversation in the dashboard");
        case "conversation.created":
        case "document.progress":
          return "";
        default:
          return ""; // A word that a newer server says and this client does not know yet.
      }
    },
  };
}
