/**
 * Letting a caller who was here lately in again, in the trip that their question makes anyway.
 *
 * What is remembered decides nothing: it says what to ask and what to expect. The database is asked anew at every call, and opens
 * the workspace itself; whoever is not what they were goes the long way, and hears there what has changed.
 *
 * @module
 */
import type { Database } from "@axon/db/connect";
import { withAdmitted } from "@axon/db/transaction";
import { type Caller, readingCtx, type WorkspaceCtx } from "../context.ts";
import { askKey, askSession, type KeyRow, type Principal, type Question, type SessionRow, type Standing } from "./authenticate.ts";

/** A caller as they were when they were last looked at. */
export interface KnownCaller {
  principal: Principal & { standing: Standing };
  question: Question;
}

/** Callers with a place in a workspace, by what they showed and which workspace they named. Those who came first are forgotten first. */
export interface RecentCallers {
  find(token: string, workspaceId: string | null): KnownCaller | null;
  /** `expiresAtMs`: when the token ends by itself; null when only the database knows. */
  note(token: string, workspaceId: string | null, principal: Principal, expiresAtMs: number | null): void;
  forget(token: string, workspaceId: string | null): void;
}

export function createRecentCallers({ callersMax = 10_000 }: { callersMax?: number } = {}): RecentCallers {
  const known = new Map<string, KnownCaller & { expiresAtMs: number | null }>();
  const keyOf = (token: string, workspaceId: string | null) => `${token} ${workspaceId ?? ""}`;
  return {
    find(token, workspaceId) {
      const caller = known.get(keyOf(token, workspaceId));
      return caller === undefined || (caller.expiresAtMs !== null && caller.expiresAtMs <= Date.now()) ? null : caller;
    },
    note(token, workspaceId, principal, expiresAtMs) {
      const { standing } = principal;
      if (standing === null) return;
      const question =
        principal.kind === "user" ? askSession(principal.accountId, principal.sessionId, standing.workspaceId) : askKey(token);
      const [oldest] = known.size < callersMax ? [] : known.keys();
      if (oldest !== undefined) known.delete(oldest);
      known.set(keyOf(token, workspaceId), { principal: { ...principal, standing }, question, expiresAtMs });
    },
    forget: (token, workspaceId) => void known.delete(keyOf(token, workspaceId)),
  };
}

/** Runs a verb that only reads as this caller, in one round trip; null when they are not any longer what they were, and nothing comes out. */
export type ReadAs = <Result>(
  known: KnownCaller,
  verb: (ws: WorkspaceCtx) => Promise<Result>,
  caller: Caller,
) => Promise<{ given: Result } | null>;

export function createReadAs(database: Pick<Database, "app">): ReadAs {
  return <Result>({ principal, question }: KnownCaller, verb: (ws: WorkspaceCtx) => Promise<Result>, caller: Caller) =>
    withAdmitted<SessionRow | KeyRow, Result>(
      database,
      question,
      (row) => isStill(principal, row),
      (tx) => verb(readingCtx(tx, principal.standing.workspaceId, caller)),
    );
}

function isStill({ name, standing, ...known }: KnownCaller["principal"], row: SessionRow | KeyRow): boolean {
  if (row.workspaceId !== standing.workspaceId || row.role !== standing.role || row.name !== name) return false;
  if (!("id" in row)) return known.kind === "user";
  // The long way writes down that the key was used.
  return known.kind === "apiKey" && row.id === known.apiKeyId && !row.stale && String(row.scopes) === String(standing.scopes);
}
