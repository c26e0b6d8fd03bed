/**
 * The rules of the house, checked over a whole tree: who imports whom, and what nobody writes.
 *
 * @module
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { domainOrder, fileLinesMax, houseMap, type Room } from "./house-map.ts";
import { type ImportSeen, lineOf, scanFile } from "./house-scan.ts";

const skipped = new Set(["node_modules", "dist", ".turbo", ".axon", ".git", ".next", "coverage"]);
const filesMax = 20_000;

/** Gives one line per broken rule, `path:line what is wrong`, sorted; none when the tree under `root` is in order. */
export function violations(root: string): string[] {
  const files = listFiles(root, ["packages", "apps", "scripts"]);
  const rooms = new Set(files.map(roomPath).filter((room) => room !== null));
  return [
    ...[...rooms].flatMap((room) => manifestProblems(root, room)),
    ...files.filter((file) => /\.(ts|tsx|mts|mjs|js)$/.test(file)).flatMap((file) => fileProblems(root, file)),
  ].sort();
}

function fileProblems(root: string, file: string): string[] {
  const source = readFileSync(join(root, file), "utf8");
  const { code, imports } = scanFile(source);
  const lines = source.split("\n").length - (source.endsWith("\n") ? 1 : 0);
  const tell = (at: number, what: string) => `${file}:${at} ${what}`;
  return [
    ...(lines > fileLinesMax ? [tell(1, `has ${lines} lines, more than ${fileLinesMax}`)] : []),
    ...patternProblems(file, code).map(({ at, what }) => tell(lineOf(code, at), what)),
    ...imports.flatMap((seen) => importProblems(file, seen).map((what) => tell(seen.line, what))),
  ];
}

function patternProblems(file: string, code: string): { at: number; what: string }[] {
  const mayReadEnv = /(^|\/)([\w.-]+-)?main\.ts$|\.config\.m?ts$|\.test\.tsx?$|^packages\/(config|testing)\/|^scripts\//.test(file);
  const patterns: [RegExp, string][] = [
    [/\bexport\s*\*/g, "exports everything (export *)"],
    [/\bas\s+any\b/g, "casts to any"],
    [/\bvi\s*\.\s*(?:mock|doMock)\b/g, "mocks a module (vi.mock)"],
  ];
  if (!mayReadEnv) patterns.push([/\bprocess\s*(?:\?\s*)?\.\s*env\b|\bprocess\s*\[/g, "reads process.env"]);
  return patterns.flatMap(([pattern, what]) => [...code.matchAll(pattern)].map(({ index }) => ({ at: index, what })));
}

function importProblems(file: string, seen: ImportSeen): string[] {
  const from = roomPath(file);
  const test = isTest(file);
  if (seen.to === null) return test || from === null ? [] : ["imports a computed path, which nobody can check"];
  if (/^(node:)?process$/.test(seen.to) && from !== "packages/config" && from !== "packages/testing" && !test)
    return ["imports node:process, where process.env hides"];
  if (seen.to.startsWith(".")) return relativeProblems(file, seen.to, seen.url, test);
  const name = /^@axon\/([^/]+)/.exec(seen.to)?.[1];
  if (name === undefined) return [];
  if (from === null) return [`imports ${seen.to}, but scripts run before anything is built`];
  const core =
    from === "packages/core" && name === "core"
      ? domainProblems(file, `packages/core/src/${seen.to.slice("@axon/core/".length)}/index.ts`, test)
      : [];
  return [...core, ...roomProblems(from, name, seen, test)];
}

function roomProblems(from: string, to: string, seen: ImportSeen, test: boolean): string[] {
  const room = roomOf(from);
  if (!room) return [`is in ${from}, which is not on the map (scripts/house-map.ts)`];
  if (from.endsWith(`/${to}`) || room.may.includes(to) || (test && to === "testing")) return [];
  if (room.mayType?.includes(to)) return seen.typeOnly ? [] : [`imports ${seen.to}, of which ${from} may only import types`];
  return [`imports ${seen.to ?? to}, which ${from} may not`];
}

function relativeProblems(file: string, to: string, url: boolean, test: boolean): string[] {
  const target = join(dirname(file), to).split(sep).join("/");
  const from = roomPath(file);
  const there = roomPath(`${target}/x`);
  if (from === null) return there === null || test ? [] : [`reaches into ${there} by path`];
  if (!test && isTest(target)) return [`imports ${to}, which is for tests`];
  if (there !== from && url && (test || roomOf(from)?.mayReach?.includes(there?.split("/")[1] ?? "."))) return [];
  if (there !== from) return [`reaches out of ${from} by path: ${to}`];
  return from === "packages/core" ? domainProblems(file, target, test) : [];
}

/** Inside core: only earlier domains, only through their index; what belongs to no domain knows none. */
function domainProblems(file: string, target: string, test: boolean): string[] {
  const from = domainOf(file);
  const to = domainOf(target);
  if (test || to === null || to === from) return []; // A test may stage a scene with every domain in it.
  if (from === null) return [`imports the domain ${to}, but belongs to none itself`];
  if (domainOrder.indexOf(to) > domainOrder.indexOf(from)) return [`imports the domain ${to}, which comes after ${from}`];
  return /\/index(\.ts)?$/.test(target) ? [] : [`imports ${target} past the index of ${to}`];
}

function manifestProblems(root: string, room: string): string[] {
  const manifest: { dependencies?: Record<string, string>; devDependencies?: Record<string, string> } = JSON.parse(
    readFileSync(join(root, room, "package.json"), "utf8"),
  );
  const check = (names: string[], allowed: readonly string[], kind: string) =>
    names.flatMap((name) => {
      const ours = /^@axon\/(.+)$/.exec(name)?.[1];
      return ours === undefined || allowed.includes(ours) ? [] : [`${room}/package.json:1 lists ${name} in ${kind}, which ${room} may not`];
    });
  const rules = roomOf(room);
  if (!rules) return [`${room}/package.json:1 is not on the map (scripts/house-map.ts)`];
  return [
    ...check(Object.keys(manifest.dependencies ?? {}), rules.may, "dependencies"),
    ...check(Object.keys(manifest.devDependencies ?? {}), [...rules.may, ...(rules.mayType ?? []), "testing"], "devDependencies"),
  ];
}

function roomOf(path: string): Room | undefined {
  const name = path.split("/")[1] ?? "";
  return Object.hasOwn(houseMap, name) ? houseMap[name] : undefined;
}

/** `packages/core` for a file in it; null for what is in neither packages nor apps. */
function roomPath(file: string): string | null {
  const [kind, name, ...rest] = file.split("/");
  return (kind === "packages" || kind === "apps") && name && rest.length > 0 ? `${kind}/${name}` : null;
}

function domainOf(path: string): string | null {
  const folder = /^packages\/core\/src\/([^/]+)\//.exec(path)?.[1];
  return folder !== undefined && domainOrder.includes(folder) ? folder : null;
}

/** Tests, and what only tests may import: fixtures, and the folders `testing` that no build takes in. */
function isTest(file: string): boolean {
  return /\.(test|bench|fixture)\.tsx?$|\/src\/(?:.+\/)?testing\//.test(file);
}

function listFiles(root: string, folders: readonly string[]): string[] {
  const files: string[] = [];
  const open = folders.map((folder) => resolve(root, folder));
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !skipped.has(entry.name)) open.push(join(folder, entry.name));
      if (entry.isFile()) files.push(relative(root, join(folder, entry.name)).split(sep).join("/"));
    }
    if (files.length > filesMax) throw new Error(`more than ${filesMax} files under ${root}`);
  }
  return files.sort();
}
