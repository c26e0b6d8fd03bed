/**
 * Tells whether an install or a build would change anything, from what lies on disk. Contents count, times do not: a
 * fresh checkout or a switched branch touches every time stamp. Of `dist` only names, sizes and times are looked at.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The top folder of the checkout. */
export const root = fileURLToPath(new URL("..", import.meta.url));

const filesMax = 50_000;

/** Every package and app: its folder, and what package.json says there is to do in it. */
export function workspaces() {
  return ["packages", "apps"].flatMap((kind) =>
    readdirSync(join(root, kind))
      .map((name) => `${kind}/${name}`)
      .filter((folder) => existsSync(join(root, folder, "package.json")))
      .map((folder) => {
        const {
          scripts = {},
          dependencies = {},
          devDependencies = {},
        } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
        return { folder, hasBuild: "build" in scripts, hasDependencies: Object.keys({ ...dependencies, ...devDependencies }).length > 0 };
      }),
  );
}

/** A digest of all that decides what an install puts into node_modules. */
export function installStamp() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch} ${process.versions.modules}\n`);
  const manifests = workspaces().map(({ folder }) => `${folder}/package.json`);
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) addFile(hash, file);
  return hash.digest("hex");
}

/** A digest of all sources and settings of the build, and of what the last build left behind. */
export function buildStamp() {
  const hash = createHash("sha256").update(installStamp());
  for (const file of ["turbo.json", "tsconfig.base.json"]) addFile(hash, file);
  for (const { folder } of workspaces()) {
    const settings = readdirSync(join(root, folder)).filter((name) => name.startsWith("tsconfig"));
    for (const name of settings.sort()) addFile(hash, `${folder}/${name}`);
    for (const file of filesUnder(`${folder}/src`)) if (!/\.(test|bench)\.tsx?$/.test(file)) addFile(hash, file);
    for (const file of filesUnder(`${folder}/dist`)) {
      const { size, mtimeMs } = statSync(join(root, file));
      hash.update(`${file} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest("hex");
}

function addFile(hash, file) {
  hash.update(`${file}\n`).update(existsSync(join(root, file)) ? readFileSync(join(root, file)) : "");
}

function filesUnder(folder) {
  const files = [];
  const open = existsSync(join(root, folder)) ? [folder] : [];
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    for (const entry of readdirSync(join(root, here), { withFileTypes: true }))
      (entry.isDirectory() ? open : files).push(`${here}/${entry.name}`);
    if (files.length > filesMax) throw new Error(`more than ${filesMax} files under ${folder}`);
  }
  return files.sort();
}
