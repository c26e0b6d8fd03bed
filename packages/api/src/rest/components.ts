/**
 * What has a name of its own in the OpenAPI document: described once, referred to from everywhere.
 *
 * @module
 */
import { agent } from "@axon/contracts/agents";
import { answerTrace, citation } from "@axon/contracts/answers";
import { deviceSession, membership, session, user } from "@axon/contracts/auth";
import { channel, channelKindInfo } from "@axon/contracts/channels";
import { conversation, message } from "@axon/contracts/conversations";
import { chunk, document, droppedFromSearch, foundPassage } from "@axon/contracts/knowledge";
import { source } from "@axon/contracts/sources";
import { openedWidget, visitorConversation, visitorHistory, visitorMessage } from "@axon/contracts/widget";
import { apiKey, auditEntry, invitation, member, purge, secret, workspace } from "@axon/contracts/workspaces";
import type { z } from "zod";
import { ok } from "./route.ts";

export const components: Readonly<Record<string, z.ZodType>> = {
  Ok: ok,
  Session: session,
  DeviceSession: deviceSession,
  User: user,
  Membership: membership,
  Workspace: workspace,
  Member: member,
  Invitation: invitation,
  ApiKey: apiKey,
  AuditEntry: auditEntry,
  Secret: secret,
  Purge: purge,
  Agent: agent,
  AnswerTrace: answerTrace,
  Citation: citation,
  Passage: foundPassage,
  DroppedPassage: droppedFromSearch,
  Source: source,
  Document: document,
  Chunk: chunk,
  Channel: channel,
  ChannelKind: channelKindInfo,
  Conversation: conversation,
  Message: message,
  OpenedWidget: openedWidget,
  VisitorConversation: visitorConversation,
  VisitorHistory: visitorHistory,
  VisitorMessage: visitorMessage,
};
