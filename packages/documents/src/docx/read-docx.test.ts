import { strToU8, zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readDocument } from "../read-document.ts";

const mime = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const types =
  '<Types><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>';
const relation = (type: string, target: string) => `<Relationship Id="r" Type="http://x/${type}" Target="${target}"/>`;
const p = (text: string, properties = "") => `<w:p>${properties && `<w:pPr>${properties}</w:pPr>`}<w:r><w:t>${text}</w:t></w:r></w:p>`;

function docx(body: string, parts: Record<string, string> = {}): Uint8Array {
  const files: Record<string, string> = {
    "[Content_Types].xml": types,
    "word/document.xml": `<w:document><w:body>${body}</w:body></w:document>`,
    ...parts,
  };
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
}
const read = (bytes: Uint8Array) => readDocument({ bytes, mime, name: "a.docx" });

describe("reading Word documents", () => {
  it("keeps headings, lists, notes, tables in tables, text boxes and headers, each once and in order", async () => {
    const box = `<w:txbxContent>${p("In the box")}</w:txbxContent>`;
    const bytes = docx(
      [
        p("Refunds", '<w:pStyle w:val="H1"/>'),
        `<w:p><w:r><w:t>Within 30 days</w:t><w:footnoteReference w:id="2"/></w:r></w:p>`,
        p("Unused", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'),
        p("Receipt", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'),
        `<w:p><w:r><mc:AlternateContent><mc:Choice>${box}</mc:Choice><mc:Fallback>${box}</mc:Fallback></mc:AlternateContent></w:r></w:p>`,
        `<w:tbl><w:tr><w:tc>${p("A")}</w:tc><w:tc><w:tbl><w:tr><w:tc>${p("in 1")}</w:tc><w:tc>${p("in 2")}</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>`,
        `<w:p><w:del><w:r><w:t>deleted</w:t></w:r></w:del><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:instrText>PAGE</w:instrText><w:t>End</w:t></w:r></w:p>`,
      ].join(""),
      {
        "word/_rels/document.xml.rels": `<Relationships>${relation("styles", "styles.xml")}${relation("numbering", "numbering.xml")}${relation("footnotes", "footnotes.xml")}${relation("header", "header1.xml")}</Relationships>`,
        "word/styles.xml": '<w:styles><w:style w:type="paragraph" w:styleId="H1"><w:name w:val="heading 1"/></w:style></w:styles>',
        "word/numbering.xml":
          '<w:numbering><w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>',
        "word/footnotes.xml": `<w:footnotes><w:footnote w:id="0" w:type="separator">${p("----")}</w:footnote><w:footnote w:id="2">${p("Sundays included")}</w:footnote></w:footnotes>`,
        "word/header1.xml": `<w:hdr>${p("Acme handbook")}</w:hdr>`,
      },
    );
    const document = await read(bytes);
    expect(document.title).toBe("Refunds");
    expect(document.blocks.map((block) => [block.kind, block.text])).toEqual([
      ["paragraph", "Acme handbook"],
      ["heading", "Refunds"],
      ["paragraph", "Within 30 days"],
      ["paragraph", "Sundays included"],
      ["list", "1. Unused\n2. Receipt"],
      ["paragraph", "In the box"],
      ["table", "A | in 1 | in 2"],
      ["paragraph", "End"],
    ]);
  });

  it("refuses a bomb by its declared size, before inflating it", async () => {
    const bytes = zipSync({ "[Content_Types].xml": strToU8(types), "word/document.xml": new Uint8Array(32 * 1024 * 1024) });
    const before = process.memoryUsage().arrayBuffers;
    await expect(read(bytes)).rejects.toMatchObject({ code: "rejected" });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });

  it("refuses a bomb that lies about its size", async () => {
    const bytes = docx(`<!--${" ".repeat(1_000_000)}-->`);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    for (let at = 0; at + 28 < bytes.length; at++) {
      // The uncompressed size in the central directory: what a reader is told before it inflates.
      if (view.getUint32(at, true) === 0x02014b50 && view.getUint32(at + 24, true) > 900_000) view.setUint32(at + 24, 1_000, true);
    }
    await expect(read(bytes)).rejects.toMatchObject({ code: "rejected" });
  });

  it("refuses a zip that is no Word document, and a cut one, as invalid", async () => {
    await expect(read(zipSync({ "a.txt": strToU8("hello") }))).rejects.toMatchObject({ code: "invalid" });
    const whole = docx(p("hello"));
    await expect(read(whole.subarray(0, whole.length - 40))).rejects.toMatchObject({ code: "invalid" });
  });

  it("tells a document with a password, and one without a word", async () => {
    const magic = Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
    const locked = Buffer.concat([magic, Buffer.alloc(2048), Buffer.from("EncryptedPackage", "utf16le")]);
    await expect(read(locked)).rejects.toMatchObject({ code: "encrypted" });
    await expect(read(docx(p("")))).rejects.toMatchObject({ code: "no_text" });
  });
});
