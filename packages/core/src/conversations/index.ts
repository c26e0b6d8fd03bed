/** Conversations: messages in, turns, replies out, and the log that live readers follow. */
export { askAgent } from "./ask-agent.ts";
export type { DeltaSink, ReplyDeps } from "./deps.ts";
export { conversationPlace, readConversationEvents, readWorkspaceEvents, startingPoint, workspacePlace } from "./event-log.ts";
export { generateReply } from "./generate-reply.ts";
export { listConversations, listMessages } from "./read-conversations.ts";
export type { Speaker } from "./receive-message.ts";
export { requeueTurn } from "./requeue-turn.ts";
export { sendMessage } from "./send-message.ts";
export { startConversation } from "./start-conversation.ts";
export { readConversation as getConversation } from "./view.ts";
export { toVisitorEvent } from "./visitor-view.ts";
export { countVisitorMessage, type WidgetDeps } from "./widget-deps.ts";
export { requestHuman } from "./widget-human.ts";
export { openWidget } from "./widget-open.ts";
export { visitorHistory, visitorPlace } from "./widget-read.ts";
export { sendAsVisitor } from "./widget-send.ts";
