import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findViolations, type MigrationFile } from "./migration-rules.fixture.ts";

/**
 * The migrations of every release that is out, by the SHA-256 of their text. They are in somebody's database: never change one,
 * write another. When a release is made, its migrations are added here as a new entry.
 */
const releases: readonly Readonly<Record<string, string>>[] = [
  {
    "0000_roles": "487ec0b315ddfa267ba5bc252335180353a8f9b7ea05247902afd759d9a9a6a5",
    "0001_tables": "a01494a52add205cb3188a99d757891c1871d8a8b50524f881c522c14fe3520e",
    "0002_fences": "6b51900460d7044c95ab01c9f3e33e853b4fe792b16562253d2cf12f66a71d0b",
  },
  {
    "0003_who_may_come_in": "53e45e60ae7831cbb284ac0d72d2596134b0bf7f5c7173765ba81d72ac046c2d",
    "0004_who_may_come_in_fences": "8ab9c7e57511443280668ac56b7b838ea8655362b75ec08d6ba81d4a913f07c1",
  },
  {
    "0005_knowledge_and_agents": "0c585b1f3f0e8eb53b7f5b963ccbd207a60c57d1675b3b69e5a24f589fe01b65",
    "0006_knowledge_and_agents_fences": "427d9137a79e73b948727402d7e942395c51b4f79eaededcd89bbeaa4eb7b406",
    "0007_conversations": "d4c97f5334e598eb40be2ee3b323d5c1b14ac2ad771543312360a003d3e03997",
    "0008_inbox": "ba69d4b8b45cb89fcfae4b4c2ccb94553e480de0109f7f413040752d8c61b423",
    "0009_contacts": "ce5a7126695d8ce3eba612b0832f750f58db61165f53ffbc1d440cc6703308c3",
    "0010_engine_room": "39e244af74e440c39f74874a3a97243902c1b73620d195115e339fad161e670b",
    "0011_live": "f890ce227960027c92f32404d66ebd74e06d53adcf457bb04c9cc3aa3a098e85",
  },
];

const folder = new URL("../drizzle/", import.meta.url);
const read = (name: string): MigrationFile => ({ name, sql: readFileSync(new URL(`${name}.sql`, folder), "utf8") });
const journal: { entries: { tag: string; when: number }[] } = JSON.parse(readFileSync(new URL("meta/_journal.json", folder), "utf8"));
const names = journal.entries.map(({ tag }) => tag);
const released = releases.flatMap((release) => Object.keys(release));

describe("the migrations", () => {
  it("that are out are as they were, and come first", () => {
    const hashes = released.map((name) => [name, createHash("sha256").update(read(name).sql).digest("hex")]);
    expect(Object.fromEntries(hashes)).toEqual(Object.assign({}, ...releases));
    expect(names.slice(0, released.length)).toEqual(released);
  });

  it("are each written later than the one before, so that none is passed over", () => {
    const times = journal.entries.map(({ when }) => when);
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  });

  it("of the next release break no server of an older one", () => {
    const next = names.filter((name) => !released.includes(name));
    expect(findViolations(released.map(read), next.map(read))).toEqual([]);
  });
});

describe("the rules for migrations", () => {
  const before = [{ name: "0000", sql: 'CREATE TABLE "agent" ("workspace_id" uuid NOT NULL, "id" uuid, "name" text);' }];
  const broken = (sql: string) => findViolations(before, [{ name: "0001", sql }]).map(({ breaks }) => breaks);

  it.each([
    ['DROP TABLE "agent";', "still uses"],
    ['ALTER TABLE "agent" DROP COLUMN "name";', "still reads or writes"],
    ['ALTER TABLE "agent" RENAME COLUMN "name" TO "title";', "old name"],
    ['ALTER TABLE "agent" RENAME TO "assistant";', "old name"],
    ['ALTER TABLE "agent" ALTER COLUMN "name" SET DATA TYPE integer;', "old type"],
    ['ALTER TABLE "agent" ALTER COLUMN "name" TYPE varchar(20);', "old type"],
    ['ALTER TABLE "agent" ALTER COLUMN "name" SET NOT NULL;', "writes nulls"],
    ['ALTER TABLE "agent" ALTER COLUMN "id" DROP NOT NULL;', "meet a null"],
    ['ALTER TABLE "agent" ALTER COLUMN "id" DROP DEFAULT;', "leaves the column out"],
    ['ALTER TABLE "agent" DROP CONSTRAINT "agent_pk";', "ON CONFLICT"],
    ['DROP INDEX "agent_by_name";', "ON CONFLICT"],
    ['DROP POLICY "agent_tenant" ON "agent";', "comes in by it"],
    ["REVOKE UPDATE ON agent FROM axon_app;", "use the right"],
    ["DELETE FROM agent WHERE name = 'x';", "gone"],
    ['ALTER TABLE "agent" ADD COLUMN "tone" text NOT NULL;', "give it a default"],
    ['ALTER TABLE "agent" ADD COLUMN "a" text DEFAULT \'x\' NOT NULL, ADD COLUMN "b" text NOT NULL;', "give it a default"],
    ['ALTER TABLE "agent" ADD CONSTRAINT "agent_name" UNIQUE("workspace_id", "name");', "the same twice"],
    ['CREATE UNIQUE INDEX "agent_name" ON "agent" USING btree ("name");', "the same twice"],
    ['ALTER TABLE "agent" ADD CONSTRAINT "f" FOREIGN KEY ("id") REFERENCES "public"."other"("id");', "not there"],
    ['ALTER TABLE "agent" ADD CONSTRAINT "c" CHECK (length(name) > 2);', "refused now"],
    ['ALTER TABLE "agent" FORCE ROW LEVEL SECURITY;', "sets no workspace"],
    ['CREATE POLICY "p" ON "agent" AS RESTRICTIVE FOR ALL TO "axon_app" USING (true);', "shut out"],
    ["DO $$ BEGIN ALTER TABLE agent DROP COLUMN name; END $$;", "still reads or writes"],
  ])("find %s", (sql, why) => {
    expect(broken(sql)).toEqual([expect.stringContaining(why)]);
  });

  it.each([
    'ALTER TABLE "agent" ADD COLUMN "tone" text;',
    'ALTER TABLE "agent" ADD COLUMN "settings" jsonb DEFAULT \'{}\'::jsonb NOT NULL;',
    'ALTER TABLE "agent" ADD COLUMN "tone" text NOT NULL DEFAULT \'calm\';',
    'ALTER TABLE "agent" ADD COLUMN "key" text;--> statement-breakpoint\nALTER TABLE "agent" ADD CONSTRAINT "agent_key" UNIQUE("key");',
    'CREATE TABLE "tag" ("name" text NOT NULL);--> statement-breakpoint\nALTER TABLE "tag" ADD CONSTRAINT "tag_name" UNIQUE("name");',
    'CREATE INDEX "agent_by_name" ON "agent" USING btree ("name");',
    "GRANT SELECT ON agent TO axon_engine; -- nothing to drop table for",
  ])("let pass %s", (sql) => {
    expect(broken(sql)).toEqual([]);
  });

  it("let pass what says why it is safe now, and nothing else beside it", () => {
    const drop = 'ALTER TABLE "agent" DROP COLUMN "name";';
    expect(broken(`-- contract: no version since 1.4 reads it\n${drop}`)).toEqual([]);
    expect(broken(`-- contract:\n${drop}`)).toHaveLength(1);
    expect(broken(`-- contract: no version since 1.4 reads it\n${drop}--> statement-breakpoint\nDROP TABLE agent;`)).toHaveLength(1);
  });
});
