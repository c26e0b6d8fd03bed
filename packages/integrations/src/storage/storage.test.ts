import { randomBytes, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { PresignedUpload, Storage } from "./port.ts";
import { type OpenStorage, openFolderStorage, openS3 } from "./storages.fixture.ts";

const mime = "text/markdown";
const newKey = () => `${randomUUID()}/${randomUUID()}/1`;
const put = (upload: PresignedUpload, body: Uint8Array | string, headers = upload.headers) =>
  fetch(upload.url, { method: upload.method, headers, body });

beforeAll(() => {
  vi.stubEnv("AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED", "true");
});

describe.each([
  { name: "a bucket", open: openS3 as () => Promise<OpenStorage> },
  { name: "a folder", open: openFolderStorage },
])("files in $name", ({ open }) => {
  let opened: OpenStorage;
  let storage: Storage;
  beforeAll(async () => {
    opened = await open();
    storage = opened.storage;
  });
  afterAll(() => opened.close());

  it("what was written is read back byte for byte, and a second write takes its place", async () => {
    const key = newKey();
    const bytes = randomBytes(300_000);
    await storage.write(key, Buffer.from("before"), mime);
    await storage.write(key, bytes, mime);
    expect(await storage.head(key)).toEqual({ bytes: bytes.length });
    expect(Buffer.compare(await storage.read(key, bytes.length), bytes)).toBe(0);
  });

  it("an upload by its link is there afterwards, an empty one too", async () => {
    for (const body of [randomBytes(100_000), new Uint8Array()]) {
      const key = newKey();
      const upload = await storage.presignPut({ key, mime, bytes: body.byteLength, expiresInSeconds: 60 });
      expect(await storage.head(key)).toBeNull();
      expect((await put(upload, body)).status).toBe(200);
      expect(await storage.head(key)).toEqual({ bytes: body.byteLength });
      expect(Buffer.compare(await storage.read(key, body.byteLength), body)).toBe(0);
    }
  });

  it("a link does not take more than it was made for, nor less, nor another type", async () => {
    const key = newKey();
    const upload = await storage.presignPut({ key, mime, bytes: 10, expiresInSeconds: 60 });
    const tries = [put(upload, "eleven byte"), put(upload, "nine byte"), put(upload, "ten bytes!", { "content-type": "text/html" })];
    for (const answer of await Promise.all(tries)) expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await storage.head(key)).toBeNull();
  });

  it("a link cannot be turned to another file", async () => {
    const [key, other] = [newKey(), newKey()];
    const upload = await storage.presignPut({ key, mime, bytes: 4, expiresInSeconds: 60 });
    const answer = await put({ ...upload, url: upload.url.replace(key, other) }, "mine");
    expect(answer.status).toBe(403);
    expect(await storage.head(other)).toBeNull();
  });

  it("what is larger than one can bear is not read", async () => {
    const key = newKey();
    await storage.write(key, randomBytes(2000), mime);
    await expect(storage.read(key, 1999)).rejects.toMatchObject({ code: "too_large" });
    expect((await storage.read(key, 2000)).byteLength).toBe(2000);
  });

  it("what is not there is missing", async () => {
    expect(await storage.head(newKey())).toBeNull();
    await expect(storage.read(newKey(), 10)).rejects.toMatchObject({ code: "missing" });
  });

  it("removing takes away what is named and nothing else, and is fine twice", async () => {
    const keys = Array.from({ length: 20 }, newKey);
    const stays = `${keys[0]?.slice(0, -1)}2`;
    for (const key of [...keys, stays]) await storage.write(key, Buffer.from("x"), mime);
    await storage.remove([...keys, newKey()]);
    await storage.remove(keys);
    expect(await Promise.all(keys.map((key) => storage.head(key)))).toEqual(keys.map(() => null));
    expect(await storage.head(stays)).toEqual({ bytes: 1 });
  });

  it("listing gives what lies under a folder, and nothing beside it or removed", async () => {
    const [one, other] = [randomUUID(), randomUUID()];
    const keys = Array.from({ length: 12 }, (_, number) => `${one}/${number}/1`);
    for (const key of [...keys, `${other}/0/1`, `${one}-not/0/1`]) await storage.write(key, Buffer.from("x"), mime);
    expect((await storage.list(`${one}/`, 1000)).sort()).toEqual(keys.sort());
    const some = keys.slice(0, 5);
    await storage.remove(some);
    expect((await storage.list(`${one}/`, 1000)).sort()).toEqual(keys.filter((key) => !some.includes(key)));
    expect(await storage.list(`${randomUUID()}/`, 10)).toEqual([]);
    expect(await storage.list(`${other}/`, 10)).toEqual([`${other}/0/1`]);
  });

  it.each(["", "/", "a", "../", "a//", ".incoming/"])("%j is no folder to list", async (prefix) => {
    await expect(storage.list(prefix, 10)).rejects.toMatchObject({ code: "bad_key" });
  });

  it.each([
    "../outside",
    "a/../../outside",
    "/etc/passwd",
    "a//b",
    "a/./b",
    ".incoming/x",
    "a\\..\\b",
    "a/%2e%2e/b",
    "",
    "a\0b",
    "x".repeat(501),
  ])("%j is no key", async (key) => {
    const no = { code: "bad_key" };
    await expect(storage.write(key, Buffer.from("x"), mime)).rejects.toMatchObject(no);
    await expect(storage.read(key, 10)).rejects.toMatchObject(no);
    await expect(storage.head(key)).rejects.toMatchObject(no);
    await expect(storage.remove([key])).rejects.toMatchObject(no);
    await expect(storage.presignPut({ key, mime, bytes: 1, expiresInSeconds: 60 })).rejects.toMatchObject(no);
  });
});

describe("a link to a bucket", () => {
  it("has the size and the type under its signature, and no checksum of a body that it cannot know", async () => {
    const { storage, close } = await openS3();
    const { url } = await storage.presignPut({ key: newKey(), mime, bytes: 10, expiresInSeconds: 60 });
    const query = new URL(url).searchParams;
    expect(query.get("X-Amz-SignedHeaders")).toBe("content-length;content-type;host");
    expect([...query.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
    await close();
  });
});
