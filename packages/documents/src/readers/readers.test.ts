import { describe, expect, it } from "vitest";
import { readDocument } from "../read-document.ts";

const read = (text: string | Uint8Array, mime: string, name = "file") =>
  readDocument({ bytes: typeof text === "string" ? new Uint8Array(Buffer.from(text)) : text, mime, name });
const all = async (text: string, mime: string) => (await read(text, mime)).blocks;

describe("reading HTML", () => {
  it("keeps what a visitor reads, in order, and leaves scripts, styles and navigation out", async () => {
    const page = `<html><head><title>Refunds &amp; returns</title><style>p{}</style></head><body><nav>Home</nav><h1>Refunds</h1>
      <p>Within <b>30</b> days.</p><script>alert(1)</script><ul><li>Unused<li>With receipt<ul><li>Original</ul></ul>
      <table><caption>Fees</caption><tr><th>Country<th>Fee<tr><td>Japan<td>0</table><pre>a\n  b</pre></body>`;
    const document = await read(page, "text/html");
    expect(document.title).toBe("Refunds & returns");
    expect(document.blocks).toEqual([
      { kind: "heading", text: "Refunds", level: 1 },
      { kind: "paragraph", text: "Within 30 days." },
      { kind: "list", text: "- Unused\n- With receipt\n  - Original" },
      { kind: "paragraph", text: "Fees" },
      {
        kind: "table",
        text: "Country | Fee\nJapan | 0",
        rows: [
          ["Country", "Fee"],
          ["Japan", "0"],
        ],
      },
      { kind: "code", text: "a\n  b" },
    ]);
  });

  it("reads the charset that the page declares", async () => {
    const page = Buffer.concat([Buffer.from('<meta charset="windows-1251"><p>'), Buffer.from([0xc4, 0xe0]), Buffer.from("</p>")]);
    expect(await read(page, "text/html")).toMatchObject({ encoding: "windows-1251", blocks: [{ text: "Да" }] });
  });

  it("refuses a tower of tags instead of overflowing", async () => {
    await expect(all("<div>".repeat(100_000), "text/html")).rejects.toMatchObject({ code: "rejected" });
  });
});

describe("reading Markdown", () => {
  it("keeps headings, lists, tables and code, and only the words of links and images", async () => {
    const text =
      '---\ntitle: "Guide"\n---\n# Start\n\nSee [the docs](https://x.test) and ![a cat](cat.png), **now**.\n\n- one\n- two\n  1. deep\n\n| a | b |\n|---|---|\n| 1 | `x` |\n\n```js\n# no heading\n```\n';
    const document = await read(text, "text/markdown");
    expect(document.title).toBe("Guide");
    expect(document.blocks).toEqual([
      { kind: "heading", text: "Start", level: 1 },
      { kind: "paragraph", text: "See the docs and a cat, now." },
      { kind: "list", text: "- one\n- two\n  - deep" },
      {
        kind: "table",
        text: "a | b\n1 | x",
        rows: [
          ["a", "b"],
          ["1", "x"],
        ],
      },
      { kind: "code", text: "# no heading" },
    ]);
  });
});

describe("reading CSV", () => {
  it.each([",", ";", "\t", "|"])("names the columns in every row, whatever parts them: %j", async (delimiter) => {
    const text = [
      ["name", "city"],
      ["Ann", '"New\nYork"'],
      ["Bo", "Oslo"],
    ]
      .map((row) => row.join(delimiter))
      .join("\n");
    expect(await all(text, "text/csv")).toEqual([
      {
        kind: "table",
        text: "name: Ann; city: New York\nname: Bo; city: Oslo",
        rows: [
          ["name", "city"],
          ["Ann", "New York"],
          ["Bo", "Oslo"],
        ],
      },
    ]);
  });

  it("loses no row to a quote that is never closed", async () => {
    const blocks = await all('item,size\nscreen,13"\n"cable,2m\nplug,1\n', "text/csv");
    for (const word of ["screen", "cable", "plug"]) expect(blocks[0]?.text).toContain(word);
  });
});

describe("refusing what is no text", () => {
  it.each([
    ["empty", "", "text/plain"],
    ["empty", " \n\t ", "text/plain"],
    ["no_text", "<html><img src=x></html>", "text/html"],
    ["invalid", "hello", "application/pdf"],
    ["unsupported_type", "hello", "application/zip"],
  ])("answers %s", async (code, text, mime) => {
    await expect(all(text, mime)).rejects.toMatchObject({ name: "DocumentError", code });
  });

  it("lets no zero byte and no lone surrogate through, and composes letters", async () => {
    const document = await read("a\u0000b e\u0301 \uFEFB", "text/plain");
    expect(document.blocks[0]?.text).toBe("ab é لا");
  });
});
