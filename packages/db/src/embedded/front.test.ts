import pg from "pg";
import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type EmbeddedDatabase, openEmbedded } from "./open.ts";
import { preparedDump } from "./testing/dump.ts";
import { bind, execute, firstColumn, flush, letters, parse, query, RawClient, startup, sync } from "./testing/raw-client.ts";
import { message } from "./wire.ts";

let database: EmbeddedDatabase;
let address: { socketPath?: string; port: number };
const pools: Sql[] = [];
const raws: RawClient[] = [];

beforeAll(async () => {
  database = await openEmbedded({ dataDir: null, loadDump: await preparedDump() });
  address = { port: database.connection.port, ...(database.socketPath ? { socketPath: database.socketPath } : {}) };
  const owner = pool();
  await owner`create role axon_test nologin`;
  await owner`create schema side`;
  await owner`create table front_note (id int primary key, text text)`;
  await owner`grant all on front_note to axon_test`;
});
afterEach(async () => {
  for (const raw of raws.splice(0)) raw.socket.destroy();
  await Promise.all(pools.splice(0).map((one) => one.end({ timeout: 1 })));
});
afterAll(async () => {
  await database.close();
});

function pool(options: postgres.Options<Record<string, never>> = {}): Sql {
  const made = postgres({ ...database.connection, max: 4, onnotice: () => {}, ...options });
  pools.push(made);
  return made;
}

async function raw(parameters: Record<string, string> = {}): Promise<RawClient> {
  const made = await RawClient.login(address, parameters);
  raws.push(made);
  return made;
}

async function ask(client: RawClient, sql: string): Promise<string[]> {
  client.send(query(sql));
  return firstColumn(await client.until("Z"));
}

describe("answers on the embedded engine", () => {
  it("end with exactly one ReadyForQuery after an error inside an extended batch, and later ones are not shifted", async () => {
    const client = await raw();
    client.send(parse("select 1/0"), bind(), execute(), sync(), parse("select 'later'"), bind(), execute(), sync());
    expect(letters(await client.until("Z"))).toMatch(/^12?EZ$/);
    const later = await client.until("Z");
    expect(firstColumn(later)).toEqual(["later"]);
    client.send(parse("select nowhere"), message("D", Buffer.from("S"), ""), flush());
    expect(letters(await client.until("E"))).toBe("E");
    client.send(sync(), query("select 'last'"));
    expect(letters(await client.until("Z"))).toBe("Z");
    expect(firstColumn(await client.until("Z"))).toEqual(["last"]);
    expect(client.unread.length).toBe(0);
  });

  it("keep 50 concurrent transactions apart", async () => {
    const sql = pool({ max: 10 });
    await sql`insert into front_note values (1000, '0')`;
    const add = () =>
      sql.begin(async (tx) => {
        const [row] = await tx`select text from front_note where id = 1000`;
        await tx`update front_note set text = ${String(Number(row?.["text"]) + 1)} where id = 1000`;
      });
    await Promise.all(Array.from({ length: 50 }, add));
    const [row] = await sql`delete from front_note where id = 1000 returning text`;
    expect(row?.["text"]).toBe("50");
  });

  it("do not hold what a client left in the middle of a transaction, and others go on", async () => {
    const leaver = await raw();
    await ask(leaver, "begin; insert into front_note values (1, 'never')");
    const other = pool();
    const waiting = other`select count(*)::int as n from front_note where id = 1`;
    leaver.socket.destroy();
    expect((await waiting)[0]?.["n"]).toBe(0);
    const middle = await raw();
    middle.send(parse("insert into front_note values (2, 'never')"), bind(), execute(), flush());
    await middle.until("C");
    middle.socket.destroy();
    expect((await other`select count(*)::int as n from front_note where id = 2`)[0]?.["n"]).toBe(0);
  });

  it("reach the others while one client does not read its own", async () => {
    const stalled = await raw();
    stalled.socket.pause();
    for (let round = 0; round < 12; round++) stalled.send(query("select repeat('x', 400000)"));
    const sql = pool({ max: 1 });
    for (let round = 0; round < 20; round++) expect((await sql`select ${round}::int as n`)[0]?.["n"]).toBe(round);
    stalled.socket.resume();
    for (let round = 0; round < 12; round++) expect(firstColumn(await stalled.until("Z"))[0]?.length).toBe(400_000);
  });

  it("come for an unnamed statement that another client's statement came between", async () => {
    const [one, two] = [await raw(), await raw()];
    one.send(parse("select 'one'"), sync());
    await one.until("Z");
    two.send(parse("select 'two'"), bind(), execute(), sync());
    expect(firstColumn(await two.until("Z"))).toEqual(["two"]);
    one.send(bind(), execute(), sync());
    expect(firstColumn(await one.until("Z"))).toEqual(["one"]);
  });

  it("come from a client's own prepared statement when another one has the same name, or drops all names", async () => {
    const [one, two] = [new pg.Client(database.connection), new pg.Client(database.connection)];
    await Promise.all([one.connect(), two.connect()]);
    const named = async (client: pg.Client, text: string) => (await client.query({ name: "same", text })).rows[0].v;
    expect(await named(one, "select 'one' as v")).toBe("one");
    expect(await named(two, "select 'two' as v")).toBe("two");
    expect(await named(one, "select 'one' as v")).toBe("one");
    await two.query("discard all");
    expect(await named(one, "select 'one' as v")).toBe("one");
    await one.end();
    await two.end();
    const [left] = await pool()`select count(*)::int as n from pg_prepared_statements where name like 'axon_%' and statement like '%as v'`;
    expect(left?.["n"]).toBe(0);
  });
});

describe("roles and settings on the embedded engine", () => {
  it("hold for the client that asked for them at startup, and for no other", async () => {
    const owner = pool({ max: 2 });
    const app = pool({ max: 2, connection: { role: "axon_test", search_path: "side, public", TimeZone: "UTC" } });
    const who = (sql: Sql) => sql`select current_user as u, current_setting('search_path') as p, current_setting('TimeZone') as z`;
    for (let round = 0; round < 5; round++) {
      const [[mine], [theirs]] = await Promise.all([who(app), who(owner)]);
      expect(mine).toEqual({ u: "axon_test", p: "side, public", z: "UTC" });
      expect(theirs).toEqual({ u: "postgres", p: "public", z: "UTC" });
    }
  });

  it("come back after RESET ROLE, and the client's own SET stays its own", async () => {
    const [app, owner] = [await raw({ role: "axon_test" }), await raw()];
    await ask(app, "reset role");
    expect(await ask(app, "select current_user")).toEqual(["axon_test"]);
    await ask(app, "set search_path = side");
    await ask(app, "select set_config('app.workspace_id', 'mine', false)");
    expect(await ask(owner, "select current_setting('search_path') || coalesce(current_setting('app.workspace_id', true), '')")).toEqual([
      "public",
    ]);
    expect(await ask(app, "select current_setting('search_path') || current_setting('app.workspace_id')")).toEqual(["sidemine"]);
    await ask(app, "reset search_path");
    expect(await ask(app, "select current_user || current_setting('search_path')")).toEqual(["axon_testpublic"]);
    await ask(owner, "set role axon_test");
    expect(await ask(owner, "select current_user")).toEqual(["axon_test"]);
    await ask(owner, "begin; set local role postgres; rollback; discard all");
    expect(await ask(owner, "select current_user")).toEqual(["postgres"]);
  });

  it("are not left behind by a client that dies with its role changed", async () => {
    const app = await raw({ role: "axon_test" });
    await ask(app, "begin; reset role");
    app.socket.destroy();
    const next = await raw({ role: "axon_test" });
    expect(await ask(next, "select current_user")).toEqual(["axon_test"]);
  });

  it("make a startup user the session user", async () => {
    const client = await raw({ user: "axon_test", options: "-c search_path=side -c app.x=a\\ b" });
    expect(await ask(client, "select session_user || current_user || current_setting('search_path') || current_setting('app.x')")).toEqual([
      "axon_testaxon_testsidea b",
    ]);
  });

  it("are refused as PostgreSQL does when the role does not exist", async () => {
    await expect(pool({ connection: { role: "nobody" } })`select 1`).rejects.toMatchObject({ severity: "FATAL", code: "22023" });
    await expect(new pg.Client({ ...database.connection, database: "other" }).connect()).rejects.toMatchObject({ code: "3D000" });
  });
});

describe("notifications on the embedded engine", () => {
  it("reach every listener and nobody else, also after another stopped listening or left", async () => {
    const heard: string[] = [];
    const [one, two] = [pool({ max: 1 }), pool({ max: 1 })];
    await one.listen("News", (text) => heard.push(`one:${text}`));
    const second = await two.listen("News", (text) => heard.push(`two:${text}`));
    const deaf = await raw();
    await ask(deaf, `listen "News"; unlisten *`);
    await ask(deaf, `begin; notify "News", 'a'; commit`);
    await expect.poll(() => [...heard].sort()).toEqual(["one:a", "two:a"]);
    await second.unlisten();
    await ask(deaf, `notify "News", 'b'`);
    await expect.poll(() => heard).toContain("one:b");
    expect(heard).not.toContain("two:b");
    expect(deaf.unread.length).toBe(0);
  });
});

describe("the edges of the embedded engine", () => {
  it("COPY goes in and out, and where it cannot it is refused without a hang", async () => {
    const client = await raw();
    client.send(query("copy front_note from stdin"));
    await client.until("G");
    client.send(message("d", Buffer.from("21\ta\n22\t")), message("d", Buffer.from("b\n")), message("c"));
    expect(letters(await client.until("Z"))).toBe("CZ");
    client.send(query("copy front_note (text) to stdout"));
    const out = await client.until("Z");
    expect(out.filter((one) => one.type === "d").map((one) => one.body.toString())).toEqual(["a\n", "b\n"]);
    client.send(query("copy nowhere from stdin"));
    await client.until("G");
    client.send(message("d", Buffer.from("x\n")), message("c"));
    expect(letters(await client.until("Z"))).toBe("EZ");
    client.send(query("select 1; copy front_note from stdin"));
    expect(letters(await client.until("Z"))).toMatch(/G?EZ$/);
    client.send(parse("copy front_note from stdin"), bind(), execute(), sync());
    expect(letters(await client.until("Z"))).toMatch(/G?EZ$/);
    client.send(message("d", Buffer.from("31\tx\n")), message("c")); // What a client sends that had believed it.
    expect(await ask(client, "select count(*) from front_note where id = 31")).toEqual(["0"]);
    expect(await ask(client, "select 'copy x from stdin'")).toEqual(["copy x from stdin"]);
  });

  it("nonsense is refused to the connection that sent it, and disturbs no other", async () => {
    for (const nonsense of [Buffer.from("y\0\0\0\x04"), Buffer.from("Q\0\0\0\0"), message("B", Buffer.from("no end"))]) {
      const client = await raw();
      client.send(nonsense, sync());
      expect((await client.until("E")).at(-1)?.body.toString()).toContain("08P01");
    }
    const stranger = await RawClient.connect(address);
    raws.push(stranger);
    stranger.send(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
    expect((await stranger.until("E")).at(-1)?.body.toString()).toContain("FATAL");
    expect((await pool()`select 1 as n`)[0]?.["n"]).toBe(1);
  });

  it("a client may ask for encryption first, or for a newer protocol, and is told what there is", async () => {
    const client = await RawClient.connect(address);
    raws.push(client);
    const ssl = Buffer.alloc(8);
    ssl.writeInt32BE(8, 0);
    ssl.writeInt32BE(80877103, 4);
    client.send(ssl);
    await expect.poll(() => client.unread.toString()).toBe("N");
    const newer = await RawClient.connect(address);
    raws.push(newer);
    const packet = startup({ user: "postgres", database: "postgres", "_pq_.future": "1" });
    packet.writeInt32BE((3 << 16) | 2, 4);
    newer.send(packet);
    expect(letters(await newer.until("Z"))).toMatch(/^vR/);
  });
});
