/**
 * A web page opens the widget: who is there is found out, and gets a token and what was said before.
 *
 * @module
 */
import type { OpenedWidget, OpenWidgetInput } from "@axon/contracts/widget";
import { readAgent } from "../agents/index.ts";
import { networkOf, type VisitorClaims, type VisitorTokens } from "../auth/index.ts";
import { agentFor, findChannelByKey, readDoor, requireNoIdentityNeeded, requireOrigin, requireSigned } from "../channels/index.ts";
import type { WorkspaceCtx } from "../context.ts";
import { Refusal } from "../errors.ts";
import { violatedUnique } from "../internal/sql-errors.ts";
import { contactOfVisit } from "./visitor-contact.ts";
import { toVisitorConversation } from "./visitor-view.ts";
import { takeOrRefuse, visitLimit, type WidgetDeps } from "./widget-deps.ts";
import { handsOverOnRequest } from "./widget-human.ts";
import { findVisitorConversation, visitorHistory } from "./widget-read.ts";

/** Messages that an opened widget shows at once. */
const historyShown = 50;
/** A contact that the API makes at the same moment costs one more try. */
const attemptsMax = 3;

/** From where a widget is opened. `origin` is that of the page, as the browser says it. */
export interface Opening {
  ip: string | null;
  origin: string | null;
}

/**
 * Opens a visit. A signed identity is the contact with that external id; a token is the visitor whom it names; without either,
 * or with a token that is not good any more, it is a new visitor. Refuses with `not_found` (the channel), `origin_not_allowed`,
 * `identity_invalid`, `identity_required`, and with `rate_limited` beyond 300 visits of one address in a minute.
 */
export async function openWidget(deps: WidgetDeps, input: OpenWidgetInput, from: Opening): Promise<OpenedWidget> {
  await takeOrRefuse(deps.limits, visitLimit, networkOf(from.ip ?? "unknown"), "Too many visits from this address, try again later");
  const { workspaceId, channelId } = await findChannelByKey(deps.database, input.publicKey);
  const claims = await readToken(deps.tokens, input.visitorToken);
  const { identityVersion, contactId, ...shown } = await again(() =>
    deps.inWorkspace(workspaceId, (ws) => beginVisit(ws, deps, { channelId, claims, input, origin: from.origin })),
  );
  const labels = input.labels ?? [];
  const { token, expiresAt } = await deps.tokens.sign({ workspaceId, channelId, contactId, identityVersion, labels });
  return { visitorToken: token, visitorTokenExpiresAt: expiresAt, visitorId: contactId, ...shown };
}

interface Begin {
  channelId: string;
  claims: VisitorClaims | null;
  input: OpenWidgetInput;
  origin: string | null;
}

async function beginVisit(ws: WorkspaceCtx, { sealer }: Pick<WidgetDeps, "sealer">, { channelId, claims, input, origin }: Begin) {
  const door = await readDoor(ws, channelId);
  requireOrigin(door, origin);
  const identity = input.identity ?? null;
  if (identity === null) requireNoIdentityNeeded(door);
  else await requireSigned(ws, sealer, channelId, identity);
  const { identityVersion } = door;
  const visit = { channelId, identityVersion, claims, identity, pageUrl: input.page?.url ?? null };
  const { contactId, identified } = await contactOfVisit(ws, visit);
  const visitor = { channelId, contactId };
  // Before the messages: one that comes in between is shown twice and told apart by its id, and none is missed.
  const own = await findVisitorConversation(ws, visitor);
  const { settings } = await readAgent(ws, own?.agentId ?? agentFor(door, input.labels ?? []));
  return {
    contactId,
    identityVersion: identified ? identityVersion : null,
    agent: { name: settings.name, greeting: settings.greeting, canRequestHuman: handsOverOnRequest(settings) },
    conversation: own === null ? null : toVisitorConversation(own),
    messages: await visitorHistory(ws, visitor, { limit: historyShown }),
    lastEventId: String(own?.eventSeq ?? 0),
  };
}

/** What is not good any more is as if it had not been shown: a widget that comes back after a year must open all the same. */
async function readToken(tokens: VisitorTokens, token: string | undefined): Promise<VisitorClaims | null> {
  if (token === undefined) return null;
  try {
    return await tokens.verify(token);
  } catch (error) {
    if (error instanceof Refusal) return null;
    throw error;
  }
}

async function again<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await work();
    } catch (error) {
      if (violatedUnique(error) === null || attempts >= attemptsMax) throw error;
    }
  }
}
