/**
 * What accounts leave behind: letters that nobody has sent, and what is old enough to go.
 *
 * Looks for it and has it done; any number of workers may.
 *
 * @module
 */
import { requeueMail, tidyAccounts } from "@axon/core/auth";
import { findStuckMail } from "@axon/db/sweep";
import { createTicker, type Ticker } from "@axon/jobs/schedule";
import type { Parts } from "@axon/runtime/parts";

const mailEveryMs = 30_000;
const tidyEveryMs = 3_600_000;

export function createAccountUpkeep({ database, log }: Pick<Parts, "database" | "log">): Ticker[] {
  return [
    createTicker({
      name: "mail",
      everyMs: mailEveryMs,
      run: async () => {
        for (const id of await findStuckMail(database)) await requeueMail({ database }, id);
      },
      log,
    }),
    createTicker({ name: "accounts", everyMs: tidyEveryMs, run: () => tidyAccounts({ database }), log }),
  ];
}
