import { openJobPool, prepareBackend } from "@axon/jobs/backend";
import { createProducer } from "@axon/jobs/producer";
import { openTestDatabase } from "@axon/testing/database";
import { expect, it } from "vitest";
import { startBullBoard } from "./bull-board.ts";

it("Bull Board shows the queues and their jobs, on this machine and to its own pages alone", async () => {
  const database = await openTestDatabase();
  const schema = "board_jobs";
  const pool = openJobPool({ connectionString: database.url }, schema);
  const backend = { kind: "postgres", pool, schema } as const;
  await prepareBackend(backend);
  const producer = createProducer(backend);
  const board = await startBullBoard(backend, 0);
  try {
    await producer.add([{ key: "a:1", name: "knowledge.index", payload: { workspaceId: "w" }, delayMs: 60_000 }]);
    const page = await fetch(board.url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<base href=")]);
    const script = /static\/js\/main[^"]+/.exec(await (await fetch(board.url)).text())?.[0];
    expect((await fetch(`${board.url}/${script}`)).headers.get("content-type")).toBe("text/javascript");
    expect((await fetch(`${board.url}/static/..%2f..%2fpackage.json`)).status).toBe(404);
    const { queues } = (await (await fetch(`${board.url}/api/queues?activeQueue=upkeep&status=delayed`)).json()) as {
      queues: { name: string; counts: Record<string, number>; jobs: { id: string }[] }[];
    };
    expect(queues.find(({ name }) => name === "upkeep")).toMatchObject({ counts: { delayed: 1 }, jobs: [{ id: "k-a%3A1" }] });
    const remove = (headers: Record<string, string>) =>
      fetch(`${board.url}/api/queues/upkeep/${encodeURIComponent("k-a%3A1")}/clean`, { method: "PUT", headers });
    expect((await remove({ origin: "https://evil.example" })).status).toBe(403);
    expect((await remove({ origin: board.url })).status).toBe(204);
    await expect(startBullBoard(backend, Number(new URL(board.url).port))).rejects.toThrow("EADDRINUSE");
  } finally {
    await board.close();
    await producer.close();
    await pool.query(`drop schema if exists ${schema} cascade`);
    await pool.end();
    await database.close();
  }
});
