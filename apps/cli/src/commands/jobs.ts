/**
 * `axon jobs` and `axon dead-letters …`: what of the workspace's work waits and runs, and what was given up.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import { type DeadLetter, deadLetterStates, type ReplayedLetter } from "@axon/contracts/dead-letters";
import type { Command } from "commander";
import { exitCodes, UsageError } from "../failure.ts";
import { type Io, remark, say } from "../io.ts";

interface JsonOption {
  json?: boolean;
}

type WithClient = (work: (client: AxonClient) => Promise<number>) => Promise<void>;

/** Letters that one list shows; `--all` goes on to this many. */
const pageMax = 100;
const lettersMax = 10_000;

/** Adds both commands to the program. */
export function addJobCommands(program: Command, io: Io, withClient: WithClient): void {
  program
    .command("jobs")
    .description("what of the workspace's work waits, runs and was given up")
    .option("--json", "print the counts as JSON")
    .action((options: JsonOption) => withClient((client) => showJobs(client, io, options)));

  const letters = program
    .command("dead-letters")
    .description("jobs that were given up: look at them, have them tried again, let go of them");
  letters
    .command("list", { isDefault: true })
    .description("newest first; those that nobody has decided on")
    .option("--state <state>", `those of one state instead: ${deadLetterStates.join(", ")}`)
    .option("--all", `all of them, not only the first ${pageMax}`)
    .option("--json", "print them as JSON")
    .action((options: ListOptions) => withClient((client) => listLetters(client, io, options)));
  letters
    .command("show")
    .description("one of them, with what it bore")
    .argument("<id>")
    .option("--json", "print it as JSON")
    .action((id: string, options: JsonOption) => withClient((client) => showLetter(client, io, id, options)));
  for (const { name, description, decide } of decisions) {
    letters
      .command(name)
      .description(description)
      .argument("[ids...]")
      .option("--all", "every one that nobody has decided on")
      .option("--json", "print the outcomes as JSON")
      .action((ids: string[], options: DecideOptions) => withClient((client) => decideLetters(client, io, ids, options, decide)));
  }
}

/** Prints the counts. */
export async function showJobs(client: AxonClient, io: Io, { json }: JsonOption): Promise<number> {
  const { deadLetters, ...work } = await client.api.jobs.overview.query();
  if (json) {
    say(io, JSON.stringify({ ...work, deadLetters }));
    return 0;
  }
  for (const [kind, { waiting, running }] of Object.entries(work)) say(io, `${kind.padEnd(12)} ${waiting} waiting, ${running} running`);
  const { dead, parked } = deadLetters;
  const given = `${dead} given up, ${parked} set aside`;
  say(io, `${"dead letters".padEnd(12)} ${dead > 0 ? io.style.bad(given) : given}`);
  if (dead > 0) remark(io, io.style.faint("`axon dead-letters` shows them."));
  return 0;
}

interface ListOptions extends JsonOption {
  state?: string;
  all?: boolean;
}

/** Prints a line for each. */
export async function listLetters(client: AxonClient, io: Io, { state, all, json }: ListOptions): Promise<number> {
  const known = deadLetterStates.find((one) => one === state);
  if (state !== undefined && known === undefined) throw new UsageError(`--state is one of ${deadLetterStates.join(", ")}.`);
  const { items, more } = await readLetters(client, { state: known, max: all ? lettersMax : pageMax });
  if (json) say(io, JSON.stringify(items));
  else if (items.length === 0) remark(io, "There are none.");
  else for (const letter of items) say(io, lineOf(io, letter));
  if (more && !json) remark(io, io.style.faint("There are more: --all shows them."));
  return 0;
}

/** Prints one, with its payload. */
export async function showLetter(client: AxonClient, io: Io, id: string, { json }: JsonOption): Promise<number> {
  const letter = await client.api.jobs.deadLetters.get.query({ id });
  if (json) {
    say(io, JSON.stringify(letter));
    return 0;
  }
  const { payload, requestId, decidedAt, decidedBy } = letter;
  say(io, lineOf(io, letter));
  say(io, `  queue ${letter.queue}, ${letter.attempts} tries${requestId ? `, request ${requestId}` : ""}`);
  if (decidedAt) say(io, `  ${letter.state} ${decidedAt} by ${decidedBy ?? "Axon"}`);
  say(io, `  ${JSON.stringify(payload)}`);
  return 0;
}

interface DecideOptions extends JsonOption {
  all?: boolean;
}

type Decide = (client: AxonClient, id: string) => Promise<DeadLetter | ReplayedLetter>;

const decisions: { name: string; description: string; decide: Decide }[] = [
  {
    name: "replay",
    description: "have them tried again",
    decide: (client, id) => client.api.jobs.deadLetters.replay.mutate({ id }),
  },
  { name: "discard", description: "let go of them", decide: (client, id) => client.api.jobs.deadLetters.discard.mutate({ id }) },
];

/** Decides on each and says what came of it. Gives 1 when one could not be decided on; the others are all the same. */
export async function decideLetters(
  client: AxonClient,
  io: Io,
  ids: readonly string[],
  { all, json }: DecideOptions,
  decide: Decide,
): Promise<number> {
  if ((ids.length === 0) === (all !== true)) throw new UsageError("Name the letters by their ids, or --all.");
  const chosen = all ? (await readLetters(client, { state: undefined, max: lettersMax })).items.map(({ id }) => id) : ids;
  const outcomes: { id: string; outcome: string }[] = [];
  let failed = 0;
  for (const id of chosen) {
    const outcome = await decide(client, id).then(
      (letter) => ("outcome" in letter ? outcomeWords[letter.outcome] : letter.state),
      (error: unknown) => {
        failed += 1;
        return error instanceof Error ? error.message : String(error);
      },
    );
    outcomes.push({ id, outcome });
    if (!json) say(io, `${id}  ${outcome}`);
  }
  if (json) say(io, JSON.stringify(outcomes));
  else if (chosen.length === 0) remark(io, "There are none.");
  return failed > 0 ? exitCodes.failed : 0;
}

const outcomeWords: Record<ReplayedLetter["outcome"], string> = {
  queued: "queued",
  done_before: "was replayed before",
  nothing_to_do: "nothing to do any more, discarded",
};

async function readLetters(
  client: AxonClient,
  { state, max }: { state: DeadLetter["state"] | undefined; max: number },
): Promise<{ items: DeadLetter[]; more: boolean }> {
  const items: DeadLetter[] = [];
  let cursor: string | undefined;
  do {
    const page = await client.api.jobs.deadLetters.list.query({ limit: pageMax, cursor, state });
    items.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && items.length < max);
  return { items, more: cursor !== undefined };
}

function lineOf({ style }: Io, { id, failedAt, job, state, code, error, attempts }: DeadLetter): string {
  const what = state === "dead" ? style.bad(code) : `${state}, ${code}`;
  return `${id}  ${style.faint(failedAt)}  ${style.strong(job)}  ${what} after ${attempts}: ${error}`;
}
