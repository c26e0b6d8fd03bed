/**
 * DOCX to blocks: headers first, the body in order with each note after the paragraph that refers to it, footers last.
 *
 * @module
 */
import { BlockList } from "../block-list.ts";
import { DocumentError } from "../document-error.ts";
import { countWordCharacters } from "../text.ts";
import { type BodySink, type DocxParagraph, readBody } from "./body-reader.ts";
import { type ParagraphStyle, type Relation, readCoreTitle, readNumbering, readRelations, readStyles } from "./definitions.ts";
import { openZipPackage, type ZipPackage } from "./zip-package.ts";

/** Adds the blocks of a DOCX and gives its title, or null. Refuses with `invalid`, `rejected` or `encrypted`. */
export async function readDocx(bytes: Uint8Array, out: BlockList): Promise<string | null> {
  const zip = await openZipPackage(bytes);
  const main = await findMainPart(zip);
  const folder = main.slice(0, Math.max(0, main.lastIndexOf("/")));
  const relationsPart = `${folder}/_rels/${main.slice(folder.length + 1)}.rels`;
  const relations = zip.has(relationsPart) ? readRelations(await zip.read(relationsPart), folder) : [];
  const target = (type: string) => relations.find((relation) => relation.type === type)?.target;

  const writer = new DocxWriter(
    out,
    readStyles(await readOptional(zip, target("styles"))),
    readNumbering(await readOptional(zip, target("numbering"))),
    await readNotes(zip, target("footnotes"), target("endnotes")),
  );
  await addMargins(zip, relations, "header", out);
  readBody(await zip.read(main), writer);
  writer.flushList();
  await addMargins(zip, relations, "footer", out);
  return readCoreTitle(await readOptional(zip, "docProps/core.xml")) ?? writer.title;
}

/** The part that the package names as its document. Another office file, or any other zip, is refused as `invalid`. */
async function findMainPart(zip: ZipPackage): Promise<string> {
  if (!zip.has("[Content_Types].xml")) throw new DocumentError("invalid");
  const types = await zip.read("[Content_Types].xml");
  if (!types.includes("wordprocessingml")) {
    throw new DocumentError("invalid", "The file is not a Word document. Please save it as .docx or PDF and upload it again.");
  }
  const relations = zip.has("_rels/.rels") ? readRelations(await zip.read("_rels/.rels"), "") : [];
  const main = relations.find((relation) => relation.type === "officeDocument")?.target ?? "word/document.xml";
  if (!zip.has(main)) throw new DocumentError("invalid");
  return main;
}

async function readOptional(zip: ZipPackage, name: string | undefined): Promise<string> {
  return name && zip.has(name) ? zip.read(name) : "";
}

async function readNotes(zip: ZipPackage, footnotes: string | undefined, endnotes: string | undefined): Promise<Map<string, string>> {
  const notes = new Map<string, string>();
  for (const [kind, name] of [
    ["footnote", footnotes],
    ["endnote", endnotes],
  ] as const) {
    let words: string[] = [];
    readBody(await readOptional(zip, name), {
      paragraph: ({ text }) => words.push(text.trim()),
      table: (rows) => words.push(rows.map((row) => row.join(" | ")).join("; ")),
      note: (id) => {
        notes.set(`${kind} ${id}`, words.join("\n"));
        words = [];
      },
    });
  }
  return notes;
}

/** Headers and footers, each text once; a mere page number says nothing. */
async function addMargins(zip: ZipPackage, relations: readonly Relation[], type: "header" | "footer", out: BlockList): Promise<void> {
  const seen = new Set<string>();
  for (const { target } of relations.filter((relation) => relation.type === type)) {
    const own = new BlockList();
    const writer = new DocxWriter(own, new Map(), new Map(), new Map());
    readBody(await readOptional(zip, target), writer);
    writer.flushList();
    for (const { text } of own.blocks) {
      if (seen.has(text) || countWordCharacters(text.replace(/\d+/g, ""), 3) < 3 || /^\p{L}+ \d+( \p{L}+ \d+)?$/u.test(text)) continue;
      seen.add(text);
      out.paragraph(text);
    }
  }
}

class DocxWriter implements BodySink {
  title: string | null = null;
  readonly #out: BlockList;
  readonly #styles: Map<string, ParagraphStyle>;
  readonly #lists: Map<string, Map<string, string>>;
  readonly #notes: Map<string, string>;
  readonly #counters = new Map<string, number>();
  #items: string[] = [];

  constructor(out: BlockList, styles: Map<string, ParagraphStyle>, lists: Map<string, Map<string, string>>, notes: Map<string, string>) {
    this.#out = out;
    this.#styles = styles;
    this.#lists = lists;
    this.#notes = notes;
  }

  paragraph(paragraph: DocxParagraph): void {
    const style = paragraph.style ? this.#styles.get(paragraph.style) : undefined;
    const level = style?.level ?? (paragraph.outline === null ? null : paragraph.outline + 1);
    const numId = paragraph.numId ?? style?.numId ?? null;
    const listed = numId !== null && numId !== "0";
    if (level === null && listed) {
      if (paragraph.text.trim() !== "") this.#items.push(this.#item(paragraph, numId));
    } else {
      this.flushList();
      if (level !== null) {
        this.#out.heading(paragraph.text, level);
        if (level === 1) this.title ??= paragraph.text.trim() || null;
      } else this.#out.paragraph(paragraph.text);
    }
    this.#addNotes(paragraph.notes);
  }

  table(rows: string[][], notes: DocxParagraph["notes"]): void {
    this.flushList();
    // A table of one column is a frame around text.
    if (rows.every((row) => row.length <= 1)) for (const row of rows) this.#out.paragraph(row[0] ?? "");
    else this.#out.table(rows);
    this.#addNotes(notes);
  }

  flushList(): void {
    if (this.#items.length > 0) this.#out.list(this.#items);
    this.#items = [];
  }

  #item({ text, depth }: DocxParagraph, numId: string): string {
    const format = this.#lists.get(numId)?.get(String(depth)) ?? "bullet";
    const key = `${numId} ${depth}`;
    const count = (this.#counters.get(key) ?? 0) + 1;
    this.#counters.set(key, count);
    for (let deeper = depth + 1; deeper < 9; deeper++) this.#counters.delete(`${numId} ${deeper}`);
    const mark = format === "bullet" || format === "none" ? "-" : `${count}.`;
    return `${"  ".repeat(Math.min(8, depth))}${mark} ${text.replace(/\s+/g, " ").trim()}`;
  }

  #addNotes(notes: DocxParagraph["notes"]): void {
    for (const { kind, id } of notes) {
      const text = this.#notes.get(`${kind} ${id}`);
      if (!text) continue;
      this.flushList();
      this.#out.paragraph(text);
    }
  }
}
