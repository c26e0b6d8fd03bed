/**
 * Who this client is: a fixed token, or a session that is opened when first needed and renewed before it ends.
 *
 * Renewing is single-flight: however many calls find the token spent, one refresh goes out, since a refresh token
 * that is used twice ends its whole family. It refuses to know how a session is fetched or where it is stored.
 *
 * @module
 */
import type { Session } from "@axon/contracts/auth";
import { AxonError, axonErrorOf } from "./errors.ts";

export interface Credentials {
  email: string;
  password: string;
}

export interface SessionKeeperDeps {
  /** A fixed access token or API key; then nothing is ever renewed. */
  token?: string | undefined;
  credentials?: Credentials | undefined;
  /** A session kept from before. */
  session?: Session | undefined;
  signIn(credentials: Credentials): Promise<Session>;
  refresh(refreshToken: string): Promise<Session>;
  /** Told of every new session before the call that needed it goes on. */
  onSession?: ((session: Session) => void | Promise<void>) | undefined;
  /** Asked before a refresh: another process may have renewed the stored session meanwhile. */
  reloadSession?: (() => Promise<Session | null>) | undefined;
  now(): number;
}

export interface SessionKeeper {
  /** A token that should be good, opening or renewing the session if need be; null when there is nothing to sign in with. */
  token(): Promise<string | null>;
  /** A token other than `refused`, which the server did not take; null when none is to be had. */
  renew(refused: string | null): Promise<string | null>;
  adopt(session: Session): Promise<void>;
  current(): Session | null;
}

/** A token is renewed this long before it ends, so that it does not expire on the way. */
const marginMs = 30_000;
/** A session this young is trusted whatever our clock says: a wrong clock must not mean a refresh for every call. */
const trustMs = 30_000;

/** Keeps the session. Throws an AxonError with the server's reason when signing in or refreshing is refused for good. */
export function createSessionKeeper(deps: SessionKeeperDeps): SessionKeeper {
  let session = deps.session ?? null;
  let adoptedAt = Number.NEGATIVE_INFINITY;
  let renewing: Promise<Session> | null = null;

  async function adopt(next: Session): Promise<void> {
    session = next;
    adoptedAt = deps.now();
    await deps.onSession?.(next);
  }

  function isGood(candidate: Session): boolean {
    return deps.now() - adoptedAt < trustMs || Date.parse(candidate.accessExpiresAt) - deps.now() > marginMs;
  }

  async function storedElsewhere(): Promise<Session | null> {
    const stored = (await deps.reloadSession?.()) ?? null;
    if (!stored || stored.accessToken === session?.accessToken) return null;
    return Date.parse(stored.accessExpiresAt) - deps.now() > marginMs ? stored : null;
  }

  async function open(): Promise<Session> {
    const stored = await storedElsewhere();
    if (stored) {
      session = stored;
      return stored;
    }
    const next = await refreshOrSignIn();
    await adopt(next);
    return next;
  }

  async function refreshOrSignIn(): Promise<Session> {
    if (session) {
      try {
        return await deps.refresh(session.refreshToken);
      } catch (cause) {
        const error = axonErrorOf(cause);
        const stored = error.code === null ? null : await storedElsewhere();
        if (stored) return stored;
        // Only a refusal sends us back to the password; an outage must not.
        if (error.code !== "UNAUTHORIZED" || !deps.credentials) throw error;
      }
    }
    if (!deps.credentials) throw new AxonError({ reason: "unauthorized", code: "UNAUTHORIZED", message: "not signed in" });
    return deps.signIn(deps.credentials);
  }

  function renewOnce(): Promise<Session> {
    renewing ??= open().finally(() => {
      renewing = null;
    });
    return renewing;
  }

  return {
    async token() {
      if (deps.token !== undefined) return deps.token;
      if (session && isGood(session)) return session.accessToken;
      if (!session && !deps.credentials) return null;
      return (await renewOnce()).accessToken;
    },
    async renew(refused) {
      if (deps.token !== undefined) return null;
      // Another call has already renewed it: theirs is what we want, not a second refresh.
      if (session && session.accessToken !== refused) return session.accessToken;
      if (!session && !deps.credentials) return null;
      return (await renewOnce()).accessToken;
    },
    adopt,
    current: () => session,
  };
}
