import { describe, expect, it } from "vitest";
import { readDocument } from "../read-document.ts";

/** A PDF whose pages show text at points from the lower left; `[x, y, size, text]`. Written without an xref table, which readers must repair. */
function pdf(pages: [number, number, number, string][][]): Uint8Array {
  const objects = ["<</Type/Catalog/Pages 2 0 R>>", "", "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"];
  const kids: string[] = [];
  for (const page of pages) {
    const content = page
      .map(([x, y, size, text]) => `BT /F ${size} Tf 1 0 0 1 ${x} ${y} Tm (${text.replace(/[()\\]/g, "\\$&")}) Tj ET`)
      .join("\n");
    kids.push(`${objects.length + 1} 0 R`);
    objects.push(`<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>/Contents ${objects.length + 2} 0 R>>`);
    objects.push(`<</Length ${content.length}>>stream\n${content}\nendstream`);
  }
  objects[1] = `<</Type/Pages/Count ${kids.length}/Kids[${kids.join(" ")}]>>`;
  const body = objects.map((object, i) => `${i + 1} 0 obj\n${object}\nendobj\n`).join("");
  return new Uint8Array(Buffer.from(`%PDF-1.4\n${body}trailer<</Root 1 0 R>>\nstartxref\n9999\n%%EOF`, "latin1"));
}
const read = (bytes: Uint8Array) => readDocument({ bytes, mime: "application/pdf", name: "a.pdf" });

describe("reading PDFs", () => {
  it("reads columns one after the other, even when the file tells their lines side by side, and joins parted words", async () => {
    const left = [
      "The left column has a sentence that goes on infor-",
      "mation over many lines of text and it does not",
      "end before the column is full of words that fill",
      "the width of the column down to the last of them.",
    ];
    const right = [
      "Then the right column follows with other words",
      "that must not be mixed with those of the left one",
      "because a reader would not understand a thing of",
      "what such a mixture of two sentences has to say.",
    ];
    const lines = left.flatMap((text, i): [number, number, number, string][] => [
      [50, 700 - i * 12, 10, text],
      [320, 700 - i * 12, 10, right[i] ?? ""],
    ]);
    const document = await read(pdf([[[150, 750, 20, "A Title Over Both"], ...lines]]));
    expect(document.title).toBe("A Title Over Both");
    expect(document.blocks.map(({ kind, page }) => [kind, page])).toEqual([
      ["heading", 1],
      ["paragraph", 1],
      ["paragraph", 1],
    ]);
    expect(document.blocks[1]?.text).toContain("goes on information over many lines");
    expect(document.blocks[1]?.text).toMatch(/last of them\.$/);
    expect(document.blocks[2]?.text).toMatch(/^Then the right column follows with other words that must not/);
  });

  it("keeps a table's row in one row, though the file tells it column by column", async () => {
    const cells = [
      ["State", "Permit", "Total"],
      ["Maine", "299", "9,297"],
      ["Ohio", "12", "77"],
    ];
    const items = [0, 1, 2].flatMap((column) =>
      cells.map((row, i): [number, number, number, string] => [50 + column * 150, 700 - i * 14, 10, row[column] ?? ""]),
    );
    const document = await read(pdf([items]));
    expect(document.blocks).toEqual([
      { kind: "table", page: 1, rows: cells, text: "State | Permit | Total\nMaine | 299 | 9,297\nOhio | 12 | 77" },
    ]);
  });

  it("drops what every page repeats at its edge, and says on which page a text stands", async () => {
    const document = await read(
      pdf(
        [1, 2, 3, 4].map((page) => [
          [50, 780, 8, "Acme confidential"],
          [50, 400, 10, `Body of page number ${page} here.`],
          [300, 20, 8, `${page}`],
        ]),
      ),
    );
    expect(document.pages).toBe(4);
    expect(document.blocks.map(({ text, page }) => [text, page])).toEqual(
      [1, 2, 3, 4].map((page) => [`Body of page number ${page} here.`, page]),
    );
  });

  it("tells a file without text from one that is broken", async () => {
    await expect(read(pdf([[], []]))).rejects.toMatchObject({ code: "no_text" });
    await expect(read(Buffer.from("%PDF-1.4\nnothing more"))).rejects.toMatchObject({ code: "invalid" });
  });

  it("reads a PDF that is called a Word document", async () => {
    const bytes = pdf([[[50, 700, 10, "I am a PDF"]]]);
    const mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    expect((await readDocument({ bytes, mime, name: "a.docx" })).blocks[0]?.text).toBe("I am a PDF");
  });
});
