/**
 * What the auth verbs are handed: the database, the hashing queue, the token signer and how long things live.
 *
 * @module
 */
import type { Limits } from "@axon/contracts/limits";
import type { Database } from "@axon/db/connect";
import type { Sealer } from "../sealing.ts";
import type { AccessTokens } from "./access-token.ts";
import type { Passwords } from "./passwords.ts";

export interface AuthDeps {
  database: Pick<Database, "auth">;
  limits: Limits;
  /** Seals the secrets of authenticator apps. */
  sealer: Sealer;
  passwords: Passwords;
  accessTokens: AccessTokens;
  /**
   * Derive the successor of a refresh token (refresh.ts) and the tokens of letters (`letterToken`): the first one does, the
   * others did before. At least 32 bytes each.
   */
  refreshSecrets: readonly string[];
  refreshTtlSeconds: number;
  /** Told after a commit that ended sessions of this account: only a hint that its open sockets should be looked at now. */
  onRevoked?(accountId: string): void;
}

/** Where a call came from, as far as the door knows. */
export interface Device {
  ip: string | null;
  userAgent: string | null;
  /** The request, for the audit log and for the jobs that it causes. */
  requestId?: string | null;
}
