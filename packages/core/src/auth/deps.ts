/**
 * What the auth verbs are handed: the database, the hashing queue, the token signer and how long things live.
 *
 * @module
 */
import type { Database } from "@axon/db/connect";
import type { AccessTokens } from "./access-token.ts";
import type { Passwords } from "./passwords.ts";

export interface AuthDeps {
  database: Pick<Database, "auth">;
  passwords: Passwords;
  accessTokens: AccessTokens;
  /** Signs the successor of a refresh token; see refresh.ts. At least 32 bytes. */
  refreshSecret: string;
  refreshTtlSeconds: number;
}

/** Where a call came from, as far as the door knows. */
export interface Device {
  ip: string | null;
  userAgent: string | null;
}
