/**
 * Every reason Axon can say no with. Clients branch on these words, so none is ever renamed.
 *
 * @module
 */
export const refusalReasons = [
  "validation",
  "unauthorized",
  "invalid_credentials",
  "totp_required",
  "totp_invalid",
  "link_invalid",
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
  "invitation_invalid",
  "invitation_mismatch",
  "last_owner",
  "invalid_state",
  "upload_missing",
  "upload_mismatch",
  "unsupported_type",
  "too_large",
  "plan_limit",
  "rate_limited",
  "origin_not_allowed",
  "identity_required",
  "identity_invalid",
  "too_slow",
  "busy",
  "evaluation_required",
  "pass_rate_fell",
] as const;
export type RefusalReason = (typeof refusalReasons)[number];
