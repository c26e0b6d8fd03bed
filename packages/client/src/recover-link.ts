/**
 * The link that mends a spent credential: it asks for a fresh token and makes the call again, once.
 *
 * A subscription goes on from the last id it saw. It refuses to know how tokens are made or how bytes travel.
 *
 * @module
 */
import type { AppRouter } from "@axon/api/router";
import type { Operation, TRPCLink } from "@trpc/client";
import { TRPCClientError } from "@trpc/client";
import type { Unsubscribable } from "@trpc/server/observable";
import { observable } from "@trpc/server/observable";
import { axonErrorOf, wantsFreshCredential } from "./errors.ts";
import type { SessionKeeper } from "./session-keeper.ts";

/** Under this name the link that sends a call leaves the token it sent it with. */
const sentTokenKey = "axonSentToken";

/** Notes on a call which token it went out with, so that only that one is taken for spent. */
export function noteSentToken(op: Operation, token: string | null): void {
  op.context[sentTokenKey] = token;
}

/** A stream that was given for this long, in milliseconds, had a token that was good. */
const lastedMs = 5_000;

/** Procedures that are called without a credential; a refusal from these is about the input, not about us. */
export const publicPaths: ReadonlySet<string> = new Set([
  "auth.signUp",
  "auth.signIn",
  "auth.refresh",
  "auth.requestPasswordReset",
  "auth.resetPassword",
  "auth.verifyEmail",
]);

/**
 * Retries a call that was refused with `token_expired` or `unauthorized`, once, with a renewed token; a stream that has
 * lived on the renewed one earns another time, since it may live through many of them.
 * `onRefused` is told which token was refused before the retry, so that a socket that bears it can be let go.
 */
export function recoverLink(
  keeper: SessionKeeper,
  onRefused: (token: string | null) => void,
  now: () => number = Date.now,
): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let active: Unsubscribable | null = null;
        let ended = false;
        let retried = false;
        let lastEventId: string | undefined;
        let startedAt: number | null = null;

        const attempt = (current: Operation) => {
          startedAt = null;
          active = next(current).subscribe({
            next(envelope) {
              const { result } = envelope;
              if (result.type === "started") startedAt = now();
              if (result.type === "data" && typeof result.id === "string") {
                lastEventId = result.id;
                retried = false;
              }
              observer.next(envelope);
            },
            complete: () => observer.complete(),
            error: (error) => void recover(current, error),
          });
        };

        const recover = async (current: Operation, error: TRPCClientError<AppRouter>) => {
          if (ended) return;
          // A silent stream earns its retry by lasting: one that ends at once, again and again, would be asked for without end.
          if (startedAt !== null && now() - startedAt >= lastedMs) retried = false;
          if (retried || publicPaths.has(op.path) || !wantsFreshCredential(axonErrorOf(error))) {
            observer.error(error);
            return;
          }
          retried = true;
          const refused = sentToken(current);
          try {
            const fresh = await keeper.renew(refused);
            if (ended) return;
            if (fresh === null) {
              observer.error(error);
              return;
            }
            onRefused(refused);
            attempt(resumed(op, lastEventId));
          } catch (cause) {
            if (!ended) observer.error(TRPCClientError.from(axonErrorOf(cause)));
          }
        };

        attempt(resumed(op, undefined));
        return () => {
          ended = true;
          active?.unsubscribe();
        };
      });
}

/** A copy of the call with a context of its own, going on after `lastEventId` if there is one. */
function resumed(op: Operation, lastEventId: string | undefined): Operation {
  const context = { ...op.context };
  if (lastEventId === undefined || typeof op.input !== "object" || op.input === null) return { ...op, context };
  return { ...op, context, input: { ...op.input, lastEventId } };
}

function sentToken(op: Operation): string | null {
  const token = op.context[sentTokenKey];
  return typeof token === "string" ? token : null;
}
