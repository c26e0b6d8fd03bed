/**
 * Embedded engines that test files of one worker use one after the other: to start one takes longer than most files run.
 *
 * Between two files an engine is emptied of all that the first left behind; one that cannot be brought back to how it began is
 * closed, and the next file gets a new one.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { startInMemory } from "@axon/db/embedded/open";

type Engine = Awaited<ReturnType<typeof startInMemory>>;

export interface PooledEngine {
  engine: Engine;
  /** Hands it back when nobody is connected any more; twice is once. */
  release(): Promise<void>;
}

/** More than one only while a file uses several at once. */
const keptMax = 2;

// The one thing that outlives a test file on purpose: connected to nobody, and ended with its worker.
const kept: { engine: Engine; shape: string }[] = [];

/** An engine with the database of the dump, empty. */
export async function takeEngine(dumpPath: string): Promise<PooledEngine> {
  const taken = kept.pop() ?? (await begin(dumpPath));
  let released: Promise<void> | null = null;
  const release = () => {
    released ??= putBack(taken);
    return released;
  };
  return { engine: taken.engine, release };
}

async function begin(dumpPath: string) {
  const engine = await startInMemory(new Blob([await readFile(dumpPath)]));
  return { engine, shape: await shapeOf(engine) };
}

async function putBack(used: { engine: Engine; shape: string }): Promise<void> {
  const { engine, shape } = used;
  const whole = await clean(engine).then(
    async () => (await shapeOf(engine)) === shape,
    () => false,
  );
  if (whole && kept.length < keptMax) kept.push(used);
  else await engine.close();
}

/** Sessions' belongings, schemas of the queue and of tests, rows, and what the planner learned of them. */
const cleaning = [
  "rollback",
  "discard all", // Not where other statements come along: together they are a transaction.
  `do $$ declare one text; begin
    for one in select nspname from pg_namespace where nspname not in ('public', 'drizzle', 'information_schema') and nspname !~ '^pg_'
    loop execute format('drop schema %I cascade', one); end loop;
  end $$`,
  `do $$ declare tables text; begin
    select string_agg(format('%I.%I', schemaname, tablename), ', ') into tables from pg_tables where schemaname = 'public';
    execute 'truncate ' || tables || ' restart identity cascade';
  end $$`,
  "delete from pg_statistic where starelid in (select oid from pg_class where relnamespace = 'public'::regnamespace)",
];

async function clean(engine: Engine): Promise<void> {
  for (const statement of cleaning) await engine.exec(statement);
}

/** Everything that is no row: tables and who may use them, columns, rules, functions, triggers, roles and their settings. */
const shapeSql = `select md5(concat_ws('|',
  (select string_agg(concat_ws(' ', nspname, nspacl), ',' order by nspname) from pg_namespace where nspname !~ '^pg_'),
  (select string_agg(concat_ws(' ', oid, relname, relkind, relacl, relrowsecurity, relforcerowsecurity, relchecks, relhastriggers, reloptions), ',' order by oid)
    from pg_class where relnamespace in ('public'::regnamespace, 'drizzle'::regnamespace) and relkind <> 'S'),
  (select string_agg(concat_ws(' ', attrelid, attname, atttypid, attnotnull, atthasdef, attisdropped, attacl), ',' order by attrelid, attnum)
    from pg_attribute join pg_class on pg_class.oid = attrelid where relnamespace = 'public'::regnamespace),
  (select string_agg(concat_ws(' ', conrelid, conname, pg_get_constraintdef(oid)), ',' order by oid) from pg_constraint where connamespace = 'public'::regnamespace),
  (select string_agg(concat_ws(' ', proname, md5(prosrc), proacl), ',' order by oid) from pg_proc where pronamespace = 'public'::regnamespace),
  (select string_agg(concat_ws(' ', tgrelid, tgname, tgenabled), ',' order by oid) from pg_trigger where not tgisinternal),
  (select string_agg(concat_ws(' ', polrelid, polname, polqual, polwithcheck), ',' order by oid) from pg_policy),
  (select string_agg(concat_ws(' ', rolname, rolsuper, rolbypassrls, rolcanlogin, rolconfig), ',' order by rolname) from pg_roles),
  (select string_agg(concat_ws(' ', setdatabase, setrole, setconfig), ',' order by setdatabase, setrole) from pg_db_role_setting),
  (select string_agg(concat_ws(' ', roleid, member), ',' order by roleid, member) from pg_auth_members),
  (select string_agg(hash, ',' order by id) from drizzle.__drizzle_migrations))) as shape`;

async function shapeOf(engine: Engine): Promise<string> {
  const { rows } = await engine.query<{ shape: string }>(shapeSql);
  const [row] = rows;
  if (!row) throw new Error("a select of one row gave none");
  return row.shape;
}
