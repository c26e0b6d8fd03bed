/**
 * Who may call a procedure, as data: the REST document says it to callers, the API snapshot watches that it is not taken away.
 *
 * It enforces nothing. Each way in of `trpc.ts` writes here what it enforces.
 *
 * @module
 */
import type { Permission } from "@axon/contracts/permissions";

/** `person`: signed in, not an API key. `workspace`: a person or key that holds the permission in the workspace of the call. */
export type Access = { tier: "anyone" | "person" | "visitor" } | { tier: "workspace"; permission: Permission };

/** What each procedure bears. */
export interface ProcedureMeta {
  access: Access;
}
