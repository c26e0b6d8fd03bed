import { describe, expect, it, vi } from "vitest";
import { createMemoryBus } from "./bus.ts";
import { createDeltaWriter } from "./delta-writer.ts";
import { type DeltaBuffer, pieceCharsMax, replyCharsMax } from "./deltas.ts";
import { conversationTopic, parseHint } from "./hints.ts";
import { createMemoryDeltas } from "./memory-deltas.ts";

vi.setConfig({ testTimeout: 30_000 });
const reply = { workspaceId: "w", conversationId: "c", replyId: "r" };

/** A writer over a buffer, and what was announced on the bus. */
function setUp(buffer: DeltaBuffer, coalesceMs = 15) {
  const bus = createMemoryBus();
  const announced: string[] = [];
  const errors: unknown[] = [];
  bus.subscribe(conversationTopic("w", "c"), (payload) => {
    const hint = parseHint(payload);
    if (hint.type === "piece") announced.push(`${hint.index}:${hint.text}`);
  });
  const writer = createDeltaWriter({ buffer, bus, reply, coalesceMs, onError: (error) => errors.push(error) });
  return { writer, announced, errors };
}

describe("writing a reply word by word", () => {
  it("sends the first word at once and joins those that follow quickly", async () => {
    const buffer = createMemoryDeltas();
    const { writer, announced } = setUp(buffer, 60_000); // No window ends during this test.
    writer.write("In ");
    await Promise.resolve();
    expect(await buffer.read(reply, 0)).toEqual(["In "]);
    for (const word of ["30 ", "days", "."]) writer.write(word);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await buffer.read(reply, 0)).toEqual(["In "]);
    await writer.flush();
    expect(await buffer.read(reply, 0)).toEqual(["In ", "30 days."]);
    expect(announced).toEqual(["0:In ", "1:30 days."]);
  });

  it("sends what came in a window when the window ends, without being asked", async () => {
    const buffer = createMemoryDeltas();
    const { writer, announced } = setUp(buffer, 10);
    writer.write("a");
    writer.write("b");
    while (announced.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(announced).toEqual(["0:a", "1:b"]);
  });

  it("announces a piece only after the buffer has it", async () => {
    const memory = createMemoryDeltas();
    const stored: number[] = [];
    const { writer, announced } = setUp({
      ...memory,
      async append(...piece) {
        const next = await memory.append(...piece);
        stored.push(announced.length);
        return next;
      },
    });
    writer.write("a");
    await writer.flush();
    expect([stored, announced]).toEqual([[0], ["0:a"]]);
  });

  it("never doubles or loses a word when appends fail after all, or only seem to", async () => {
    const memory = createMemoryDeltas();
    let call = 0;
    const { writer, announced, errors } = setUp({
      ...memory,
      async append(...piece) {
        call += 1;
        if (call % 3 === 1) throw new Error("refused");
        const next = await memory.append(...piece);
        if (call % 3 === 2) throw new Error("stored, but the answer was lost");
        return next;
      },
    });
    for (const word of ["a", "b", "c", "d"]) {
      writer.write(word);
      await writer.flush();
    }
    expect((await memory.read(reply, 0)).join("")).toBe("abcd");
    expect(announced.map((piece) => piece.slice(2)).join("")).toBe("abcd");
    expect(errors.length).toBeGreaterThan(3);
  });

  it("fills a buffer that was wiped mid-reply again, from the first word", async () => {
    let memory = createMemoryDeltas();
    const { writer, announced } = setUp({ append: (...piece) => memory.append(...piece), read: (...from) => memory.read(...from) });
    writer.write("a");
    await writer.flush();
    writer.write("b");
    await writer.flush();
    memory = createMemoryDeltas();
    writer.write("c");
    await writer.flush();
    expect(await memory.read(reply, 0)).toEqual(["a", "b", "c"]);
    expect(announced).toEqual(["0:a", "1:b", "2:c"]);
  });

  it("lets the reply be stored in about a second when the buffer does not answer", async () => {
    const { writer, errors } = setUp({ append: () => new Promise(() => {}), read: async () => [] });
    writer.write("a");
    const begun = performance.now();
    await writer.flush();
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(errors.length).toBeGreaterThan(0);
    writer.write("b"); // Neither throws nor waits.
  });

  it("cuts long texts into pieces, never within a character", async () => {
    const buffer = createMemoryDeltas();
    const { writer } = setUp(buffer);
    const long = `x${"👋".repeat(pieceCharsMax)}`;
    writer.write(long);
    writer.write("\ud83d"); // A token may end within a character,
    await new Promise((resolve) => setTimeout(resolve, 40));
    writer.write("\udc4b!"); // and the next one begins with its other half.
    await writer.flush();
    const pieces = await buffer.read(reply, 0);
    expect(pieces.join("")).toBe(`${long}👋!`);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(pieceCharsMax);
      expect(Buffer.from(piece).toString()).toBe(piece);
    }
  });

  it("streams no further than its limit", async () => {
    const buffer = createMemoryDeltas();
    const { writer } = setUp(buffer);
    writer.write("a");
    await writer.flush();
    writer.write("x".repeat(replyCharsMax));
    writer.write("tail");
    await writer.flush();
    expect(await buffer.read(reply, 0)).toEqual(["a"]);
  });

  it("sends nothing more once it is stopped", async () => {
    const buffer = createMemoryDeltas();
    const { writer, announced } = setUp(buffer);
    writer.write("a");
    await writer.flush();
    writer.write("b");
    writer.write("c");
    writer.stop();
    writer.write("d");
    await writer.flush();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(announced[0]).toBe("0:a");
    expect(announced.join("")).not.toContain("c");
    expect(announced.join("")).not.toContain("d");
  });
});
