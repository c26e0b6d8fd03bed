/**
 * Who carries letters.
 *
 * @module
 */
import { join } from "node:path";
import type { Env } from "@axon/config/env";
import type { Logger } from "@axon/config/logger";
import type { Mailer } from "@axon/core/auth";
import { createMailFolder } from "@axon/integrations/mail/folder";
import { createResendMail } from "@axon/integrations/mail/resend";

/** Resend when its key is set; otherwise letters lie in a folder under the data folder, which production is warned about. */
export function createMailer(env: Pick<Env, "mode" | "home" | "resend" | "appUrl" | "auth">, log: Pick<Logger, "warn">): Mailer {
  const rest = { appUrl: env.appUrl, letterSecrets: env.auth.refreshSecrets };
  if (env.resend !== null) return { send: createResendMail(env.resend), ...rest };
  const dir = join(env.home, "mail");
  if (env.mode === "production") log.warn({ dir }, "RESEND_API_KEY is not set: letters are not sent, they are written to a folder");
  return { send: createMailFolder({ dir }), ...rest };
}
