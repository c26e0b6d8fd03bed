/**
 * Two snapshots of the API: what changed, in sentences with the place, and which of it breaks callers.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { breaks, type Change, compareSchemas, note } from "./compare-schema.ts";
import type { ApiSnapshot, ProcedureSnapshot } from "./take.ts";

export function compareSnapshots(before: ApiSnapshot, after: ApiSnapshot): Change[] {
  return [
    ...each(before.procedures, after.procedures, compareProcedures),
    ...each(before.events, after.events, (name, was, is) => compareSchemas(was, is, "given", name)),
    ...eachWord(before.rawRoutes, after.rawRoutes, (route) => route),
    ...eachWord(before.reasons, after.reasons, (reason) => `the refusal ${reason}`),
  ];
}

function eachWord(before: readonly string[], after: readonly string[], nameOf: (word: string) => string): Change[] {
  return [
    ...before.filter((word) => !after.includes(word)).map((word) => breaks(nameOf(word), "is gone")),
    ...after.filter((word) => !before.includes(word)).map((word) => note(nameOf(word), "is new")),
  ];
}

function each<Item>(
  before: Record<string, Item>,
  after: Record<string, Item>,
  compare: (name: string, was: Item, is: Item) => Change[],
): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const was = Object.hasOwn(before, name) ? before[name] : undefined;
    const is = Object.hasOwn(after, name) ? after[name] : undefined;
    if (was === undefined) return [note(name, "is new")];
    return is === undefined ? [breaks(name, "is gone")] : compare(name, was, is);
  });
}

function compareProcedures(path: string, was: ProcedureSnapshot, is: ProcedureSnapshot): Change[] {
  return [
    ...(was.kind === is.kind ? [] : [breaks(path, `was a ${was.kind} and is a ${is.kind}`)]),
    ...compareAccess(path, was.access, is.access),
    ...(was.rest === is.rest ? [] : [breaks(path, `was ${was.rest ?? "not served"} over REST and is ${is.rest ?? "not served"}`)]),
    ...compareInputs(path, was.input, is.input),
    ...compareSchemas(was.output, is.output, "given", `${path} output`),
  ];
}

function compareInputs(path: string, was: ProcedureSnapshot["input"], is: ProcedureSnapshot["input"]): Change[] {
  if (was !== null && is !== null) return compareSchemas(was, is, "taken", `${path} input`);
  if (was === is) return [];
  if (is === null) return [breaks(`${path} input`, "is gone")];
  const needed = is.default === undefined && (is.required?.length ?? 0) > 0;
  return [needed ? breaks(`${path} input`, `is needed now: ${is.required?.join(", ")}`) : note(`${path} input`, "is new")];
}

function compareAccess(path: string, was: ProcedureSnapshot["access"], is: ProcedureSnapshot["access"]): Change[] {
  if (isDeepStrictEqual(was, is)) return [];
  const who = (access: ProcedureSnapshot["access"]) => (typeof access === "string" ? access : access.join(", "));
  const what = `may be called by ${who(is)}, and by ${who(was)} before`;
  const open = is === "anyone" || (typeof was !== "string" && typeof is !== "string" && was.every((role) => is.includes(role)));
  return [open ? note(path, what) : breaks(path, what)];
}
