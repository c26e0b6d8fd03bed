/**
 * An address is refused to whoever names it, before anything is written down.
 *
 * @module
 */
import type { Web } from "@axon/contracts/web";
import { Refusal } from "../../errors.ts";

/** Refuses with `validation`, naming `field`, when this address may not be read from here at all. */
export function checkAddress(web: Pick<Web, "check">, url: string, field: string): void {
  try {
    web.check(url);
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "WebError") throw error;
    throw new Refusal("validation", error.message, { fields: { [field]: error.message } });
  }
}

/** The same for the addresses of a source's settings. Asks nobody, so it may come before the transaction. */
export function checkSettings(
  web: Pick<Web, "check">,
  settings: { url?: string | undefined; pages?: readonly string[] | null | undefined } = {},
): void {
  if (settings.url !== undefined) checkAddress(web, settings.url, "settings.url");
  for (const page of settings.pages ?? []) checkAddress(web, page, "settings.pages");
}
