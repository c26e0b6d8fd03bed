import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createSealer, type SealingKey } from "./sealing.ts";

const key = (id: string): SealingKey => ({ id, bytes: randomBytes(32) });

describe("a sealed secret", () => {
  it("opens where it was sealed, and reads differently each time", () => {
    const sealer = createSealer([key("a")]);
    const [one, two] = [sealer.seal("päss wörd", "w1:openai"), sealer.seal("päss wörd", "w1:openai")];
    expect(one.sealed).not.toBe(two.sealed);
    expect(one.sealed).not.toContain(Buffer.from("päss wörd").toString("base64url"));
    expect(sealer.open(one.sealed, "w1:openai")).toBe("päss wörd");
    expect(sealer.open(sealer.seal("", "w1").sealed, "w1")).toBe("");
  });

  it("stays shut in another workspace, under another name, and when a byte was changed", () => {
    const sealer = createSealer([key("a")]);
    const { sealed } = sealer.seal("secret", "w1:openai");
    expect(() => sealer.open(sealed, "w2:openai")).toThrow();
    expect(() => sealer.open(sealed, "w1:twilio")).toThrow();
    for (const place of [sealed.length - 1, sealed.length - 8, sealed.lastIndexOf(".") - 2]) {
      const changed = sealed.slice(0, place) + (sealed[place] === "A" ? "B" : "A") + sealed.slice(place + 1);
      if (Buffer.from(changed.split(".").at(-1) ?? "", "base64url").equals(Buffer.from(sealed.split(".").at(-1) ?? "", "base64url")))
        continue;
      expect(() => sealer.open(changed, "w1:openai"), changed).toThrow();
    }
  });

  it("still opens after a rotation, and says which key it needs once that is gone", () => {
    const [old, fresh] = [key("old"), key("new")];
    const before = createSealer([old]).seal("secret", "w1");
    const both = createSealer([fresh, old]);
    expect(both.open(before.sealed, "w1")).toBe("secret");
    expect(both.keyIdOf(before.sealed)).toBe("old");
    const after = both.seal("secret", "w1");
    expect(after.keyId).toBe("new");
    expect(createSealer([fresh]).open(after.sealed, "w1")).toBe("secret");
    expect(() => createSealer([fresh]).open(before.sealed, "w1")).toThrow('"old"');
  });

  it.each(["", "v1", "v2.a.b.c", "v1.a..", "v1.a.AAAAAAAAAAAAAAAA.", "plain text"])("is not %j", (text) => {
    expect(() => createSealer([key("a")]).open(text, "w1")).toThrow("no sealed secret");
  });

  it.each([[[]], [[key("a"), key("a")]], [[{ id: "a.b", bytes: randomBytes(32) }]], [[{ id: "a", bytes: randomBytes(16) }]]])(
    "is not made with bad keys",
    (keys) => {
      expect(() => createSealer(keys)).toThrow();
    },
  );
});
