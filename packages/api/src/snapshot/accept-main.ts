/**
 * `npm run api:snapshot` says what changed in the API since the accepted snapshot; `npm run api:accept` accepts it. What
 * breaks callers is accepted only when it is said to be meant: `npm run api:accept -- --breaking`.
 *
 * @module
 */
import { compareSnapshots } from "./compare.ts";
import { readAccepted, textOf, writeAccepted } from "./store.ts";
import { takeSnapshot } from "./take.ts";

const options = process.argv.slice(2);
const unknown = options.filter((option) => option !== "--accept" && option !== "--breaking");
const accepted = readAccepted();
const now = takeSnapshot();
const changes = accepted === null ? [] : compareSnapshots(accepted.snapshot, now);
const breaking = changes.filter((change) => change.breaking);

for (const change of changes) console.log(`${change.breaking ? "BREAKS " : "       "}${change.where} ${change.what}`);
if (unknown.length > 0) {
  console.error(`No such option: ${unknown.join(" ")}`);
  process.exitCode = 2;
} else if (accepted?.text === textOf(now)) {
  console.log("The API is as it was accepted.");
} else if (!options.includes("--accept")) {
  console.log(`\n${changes.length} changes, ${breaking.length} of them break callers. To accept them: npm run api:accept`);
  process.exitCode = 1;
} else if (breaking.length > 0 && !options.includes("--breaking")) {
  console.error(`\nNot accepted: ${breaking.length} of ${changes.length} changes break callers.`);
  console.error("Add beside what is there instead of changing it. If it is meant to break: npm run api:accept -- --breaking");
  process.exitCode = 1;
} else {
  writeAccepted(now);
  console.log(`\nAccepted: ${Object.keys(now.procedures).length} procedures, ${changes.length} changes, ${breaking.length} breaking.`);
}
