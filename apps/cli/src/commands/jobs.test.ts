import type { AxonClient } from "@axon/client/client";
import type { DeadLetter } from "@axon/contracts/dead-letters";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { at, fakeIo } from "../testing/doubles.ts";
import { addJobCommands } from "./jobs.ts";

const letterOf = (number: number, change: Partial<DeadLetter> = {}): DeadLetter => ({
  id: `letter-${number}`,
  job: "knowledge.purge",
  queue: "system",
  state: "dead",
  code: "exhausted",
  error: "no storage",
  attempts: 8,
  failedAt: at,
  requestId: null,
  decidedAt: null,
  decidedBy: null,
  ...change,
});

/** A server that gives two letters a page, and runs one command line against it. */
function house(letters: DeadLetter[]) {
  const decided: string[] = [];
  const decide = (state: DeadLetter["state"]) => ({
    mutate: async ({ id }: { id: string }) => {
      const letter = letters.find((one) => one.id === id);
      if (!letter) throw new Error("No such dead letter");
      decided.push(`${state} ${id}`);
      return { ...letter, state, ...(state === "replayed" && { outcome: id === "letter-2" ? "nothing_to_do" : "queued" }) };
    },
  });
  const api = {
    jobs: {
      overview: {
        query: async () => ({ replies: { waiting: 3, running: 1 }, deadLetters: { dead: letters.length, parked: 0 } }),
      },
      deadLetters: {
        list: {
          query: async ({ cursor }: { cursor?: string }) => {
            const start = Number(cursor ?? 0);
            return { items: letters.slice(start, start + 2), nextCursor: start + 2 < letters.length ? String(start + 2) : null };
          },
        },
        get: { query: async () => ({ ...letters[0], payload: { storageKeys: ["a"] } }) },
        replay: decide("replayed"),
        discard: decide("discarded"),
      },
    },
  };
  const client = { api } as unknown as AxonClient; // safe: all that these commands ask for
  return {
    decided,
    async axon(...argv: string[]) {
      const { io, out, err } = fakeIo();
      const program = new Command().exitOverride();
      let code = -1;
      addJobCommands(program, io, async (work) => {
        code = await work(client);
      });
      await program.parseAsync(argv, { from: "user" });
      return { code, out: out(), err: err() };
    },
  };
}

describe("axon jobs", () => {
  it("tells what waits, runs and was given up, and where to look", async () => {
    const { axon } = house([letterOf(1)]);
    const { code, out, err } = await axon("jobs");
    expect({ code, out }).toEqual({ code: 0, out: "replies      3 waiting, 1 running\ndead letters 1 given up, 0 set aside\n" });
    expect(err).toContain("axon dead-letters");
    expect(JSON.parse((await axon("jobs", "--json")).out)).toEqual({
      replies: { waiting: 3, running: 1 },
      deadLetters: { dead: 1, parked: 0 },
    });
  });
});

describe("axon dead-letters", () => {
  const three = () => [letterOf(1), letterOf(2), letterOf(3, { state: "parked", code: "unknown_job" })];

  it("lists them, all pages of them, a line each", async () => {
    const { axon } = house(three());
    const { out } = await axon("dead-letters", "--all");
    expect(out.split("\n").slice(0, 3)).toEqual([
      `letter-1  ${at}  knowledge.purge  exhausted after 8: no storage`,
      `letter-2  ${at}  knowledge.purge  exhausted after 8: no storage`,
      `letter-3  ${at}  knowledge.purge  parked, unknown_job after 8: no storage`,
    ]);
    expect(JSON.parse((await axon("dead-letters", "list", "--json", "--all")).out)).toHaveLength(3);
    expect((await house([]).axon("dead-letters")).err).toBe("There are none.\n");
    await expect(axon("dead-letters", "list", "--state", "sad")).rejects.toThrow("--state is one of dead, parked, replayed, discarded.");
  });

  it("shows one with what it bore", async () => {
    expect((await house(three()).axon("dead-letters", "show", "letter-1")).out).toContain('{"storageKeys":["a"]}');
  });

  it("replays and discards by id, and says of each what came of it", async () => {
    const { axon, decided } = house(three());
    const { code, out } = await axon("dead-letters", "replay", "letter-1", "letter-9", "letter-2");
    expect(code).toBe(1);
    expect(out).toBe("letter-1  queued\nletter-9  No such dead letter\nletter-2  nothing to do any more, discarded\n");
    expect(decided).toEqual(["replayed letter-1", "replayed letter-2"]);
  });

  it("decides on all of them only when told so", async () => {
    const { axon, decided } = house(three());
    for (const argv of [["discard"], ["discard", "letter-1", "--all"]])
      await expect(axon("dead-letters", ...argv)).rejects.toThrow("Name the letters by their ids, or --all.");
    expect(await axon("dead-letters", "discard", "--all", "--json")).toMatchObject({ code: 0 });
    expect(decided).toHaveLength(3);
  });
});
