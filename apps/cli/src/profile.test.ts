import { mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultUrl, readProfile, resolveProfile, type Settings, writeProfile } from "./profile.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "axon-profile-"));
  await mkdir(join(folder, "project", "docs"), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const settings = (given: Partial<Settings> = {}): Settings => ({
  url: undefined,
  token: undefined,
  workspaceId: undefined,
  axonHome: undefined,
  configFolder: join(folder, "config"),
  cwd: join(folder, "project", "docs"),
  ...given,
});
const demo = { url: "http://127.0.0.1:3001", token: "axk_demo", workspaceId: "w1", agentId: "a1" };
const writeDemo = () => writeProfile(join(folder, "project", ".axon", "cli.json"), demo);

describe("which server and who", () => {
  it("is what `npm start` wrote, anywhere in the project folder", async () => {
    await writeDemo();
    expect(await resolveProfile(settings())).toEqual({ ...demo, file: null });
  });

  it("is the saved login outside of a project, or when it is asked for", async () => {
    const login = { url: "https://axon.example", token: "axk_saved", workspaceId: "w2" };
    await writeProfile(join(folder, "config", "login.json"), login);
    expect(await resolveProfile(settings())).toMatchObject(login);
    await writeDemo();
    expect(await resolveProfile(settings())).toMatchObject(demo);
    expect(await resolveProfile(settings(), { saved: true })).toMatchObject(login);
  });

  it("never sends a stored token to a server that is named apart", async () => {
    await writeDemo();
    expect(await resolveProfile(settings({ url: "https://elsewhere.example" }))).toEqual({ url: "https://elsewhere.example", file: null });
  });

  it("takes a given token with the workspace given beside it, not with the stored one", async () => {
    await writeDemo();
    expect(await resolveProfile(settings({ token: "axk_other" }))).toEqual({ url: demo.url, token: "axk_other", file: null });
    expect(await resolveProfile(settings({ token: "axk_other", workspaceId: "w9" }))).toMatchObject({
      token: "axk_other",
      workspaceId: "w9",
    });
  });

  it("falls back to the local server, signed in as nobody, when a file is broken", async () => {
    await mkdir(join(folder, "project", ".axon"));
    await writeFile(join(folder, "project", ".axon", "cli.json"), '{"url": ');
    expect(await resolveProfile(settings())).toEqual({ url: defaultUrl, file: null });
  });

  it("is kept where only its owner can read it", async () => {
    const file = join(folder, "config", "login.json");
    await writeProfile(file, demo);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readProfile(file)).toEqual(demo);
  });
});
