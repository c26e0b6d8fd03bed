/**
 * The long run: `npm run storm -- [--rounds 1000] [--tabs 20]`, on an embedded database of its own, in memory. Ends with 1 when
 * a tab was logged out.
 */
import { parseArgs } from "node:util";
import { refresh } from "@axon/core/auth";
import { connect } from "@axon/db/connect";
import { openEmbedded } from "@axon/db/embedded/open";
import { migrate } from "@axon/db/migrate";
import { newcomer, storm, stormDeps } from "./storm.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "1000" }, tabs: { type: "string", default: "20" } } });
const embedded = await openEmbedded({ dataDir: null });
await migrate(embedded);
const database = connect(embedded, { poolMax: 24 });
const deps = await stormDeps(database);
const { refreshToken } = await newcomer(deps);
const beganAt = Date.now();
const tally = await storm(refreshToken, { rounds: Number(values.rounds), tabs: Number(values.tabs) }, (token) =>
  refresh(deps, token, { ip: "127.0.0.1", userAgent: "storm" }),
);
process.stdout.write(`${JSON.stringify({ ...tally, seconds: (Date.now() - beganAt) / 1000 })}\n`);
await database.close();
await embedded.close();
process.exitCode = tally.logouts === 0 && tally.split === 0 ? 0 : 1;
