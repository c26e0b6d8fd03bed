/**
 * The entries of jobs in the table of isolation cases.
 *
 * @module
 */
import type { openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import type { Case, Entry } from "./isolation-cases.fixture.ts";

const missing = (what: string, input: Case["input"]): Case => ({ what, input, answer: "not_found" });

export interface JobThings {
  /** Of a job that was given up. */
  deadLetterId: string;
}

/** Leaves a job that was given up; run again, it has nothing to do. */
export async function newJobThings(workspaceId: string, database: ReturnType<typeof openPool>): Promise<JobThings> {
  const deadLetterId = newId();
  await database`insert into dead_letter (id, workspace_id, queue, job_id, name, payload, code, error, attempts)
    values (${deadLetterId}, ${workspaceId}, 'system', ${`k-${deadLetterId}`}, 'knowledge.purge',
      ${JSON.stringify({ workspaceId, storageKeys: [] })}::text::jsonb, 'exhausted', 'no storage', 8)`;
  return { deadLetterId };
}

const theirLetter = [missing("the letter", (_own, { deadLetterId }) => ({ id: deadLetterId }))];

export const jobEntries: Record<string, Entry> = {
  "jobs.overview": { tier: "manager", right: () => undefined, cases: [] },
  "jobs.deadLetters.list": {
    tier: "manager",
    right: () => ({}),
    cases: [{ what: "nothing to name", input: () => ({}), answer: "nothing_of_theirs" }],
  },
  "jobs.deadLetters.get": { tier: "manager", right: ({ deadLetterId }) => ({ id: deadLetterId }), cases: theirLetter },
  "jobs.deadLetters.replay": { tier: "manager", right: ({ deadLetterId }) => ({ id: deadLetterId }), cases: theirLetter },
  "jobs.deadLetters.discard": { tier: "manager", right: ({ deadLetterId }) => ({ id: deadLetterId }), cases: theirLetter },
};
