import { describe, expect, it } from "vitest";
import { effectsOf, noEffects } from "./effects.ts";

describe("what a statement's text does to the session", () => {
  it("is nothing for reads, writes and settings that end with the transaction", () => {
    for (const sql of ["select 1", "update x set y = 1", "begin; select set_config('app.workspace_id', 'a', true)", "select 'discarded'"]) {
      expect(effectsOf(sql).settings, sql).toBe(false);
      expect(effectsOf(sql).listens, sql).toEqual([]);
    }
    expect(effectsOf("select 1")).toBe(noEffects);
    expect(effectsOf("set local role x")).toMatchObject({ settings: false, localSettings: true });
  });

  it("is seen in every way of setting something for longer, also past comments and in a later statement", () => {
    for (const sql of [
      "set search_path = a",
      "/* why */ SET ROLE x",
      "-- why\nreset all",
      "begin; set session statement_timeout = 1",
      "select set_config('a.b', $1, false)",
      "select set_config('a.b', $1, $2)",
      "select set_config('a.b', 'x', true), set_config('a.c', 'x', false)",
      "discard all",
    ]) {
      expect(effectsOf(sql).settings, sql).toBe(true);
    }
    expect(effectsOf("select set_config('App.a', 'x', false); set app.b.c = 1").ownSettings).toEqual(["app.a", "app.b.c"]);
  });

  it("tells which way a role goes back", () => {
    expect(effectsOf("reset role")).toMatchObject({ resetsRole: true, resetsUser: false });
    expect(effectsOf("set role none")).toMatchObject({ resetsRole: false });
    expect(effectsOf("set session authorization default")).toMatchObject({ resetsRole: false, resetsUser: true });
  });

  it("names channels as PostgreSQL folds them", () => {
    expect(effectsOf('listen News; LISTEN "Quo""ted"; unlisten news; unlisten *').listens).toEqual([
      { kind: "listen", channel: "news" },
      { kind: "listen", channel: 'Quo"ted' },
      { kind: "unlisten", channel: "news" },
      { kind: "unlisten", channel: null },
    ]);
  });

  it("takes a COPY from the client only where it stands alone", () => {
    expect(effectsOf("copy t (a, b) from stdin with (format csv);").copiesIn).toBe("alone");
    expect(effectsOf("select 1; copy t from stdin").copiesIn).toBe("somewhere");
    expect(effectsOf("copy t to stdout").copiesIn).toBe("no");
  });
});
