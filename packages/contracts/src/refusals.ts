/**
 * Every reason Axon can say no with. Clients branch on these words, so none is ever renamed.
 *
 * @module
 */
export const refusalReasons = [
  "validation",
  "unauthorized",
  "invalid_credentials",
  "token_expired",
  "refresh_invalid",
  "refresh_reused",
  "forbidden",
  "not_a_member",
  "workspace_required",
  "not_found",
  "conflict",
  "email_taken",
  "name_taken",
  "invalid_state",
  "upload_missing",
  "upload_mismatch",
  "unsupported_type",
  "too_large",
  "plan_limit",
  "rate_limited",
  "busy",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];
