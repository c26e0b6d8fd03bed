/**
 * Walks a body of WordprocessingML (the document, a header, a footnote) and tells its paragraphs and tables in order.
 * Deleted and hidden text, field codes and comments are left out; text boxes are read once, not once more from their fallback.
 *
 * @module
 */
import { tableColumnsMax } from "../limits.ts";
import { walkXml } from "./xml.ts";

export interface DocxParagraph {
  text: string;
  style: string | null;
  numId: string | null;
  /** Depth in its list, from 0. */
  depth: number;
  outline: number | null;
  /** Ids of the notes that it refers to. */
  notes: { kind: "footnote" | "endnote"; id: string }[];
}

/** `note` is called when a note of a notes part ends, with its id; all other parts only have paragraphs and tables. */
export interface BodySink {
  paragraph: (paragraph: DocxParagraph) => void;
  table: (rows: string[][], notes: DocxParagraph["notes"]) => void;
  note?: (id: string) => void;
}

interface OpenTable {
  rows: string[][];
  cell: string[] | null;
  notes: DocxParagraph["notes"];
}

const left = new Set([
  "del",
  "moveFrom",
  "rt",
  "rPrChange",
  "pPrChange",
  "tblPrChange",
  "commentRangeStart",
  "instrText",
  "delText",
  "fldData",
]);

/** Tells `sink` what the part holds, in reading order. */
export function readBody(xml: string, sink: BodySink): void {
  const reader = new BodyReader(sink);
  walkXml(xml, {
    open: (name, attributes) => reader.open(name, attributes),
    text: (text) => reader.text(text),
    close: (name) => reader.close(name),
  });
  reader.finish();
}

class BodyReader {
  readonly #sink: BodySink;
  readonly #paragraphs: DocxParagraph[] = [];
  readonly #tables: OpenTable[] = [];
  readonly #choices: boolean[] = [];
  #skipping = 0;
  #properties = 0;
  #inText = false;
  #hidden = false;
  #note: { id: string; separator: boolean } | null = null;

  constructor(sink: BodySink) {
    this.#sink = sink;
  }

  open(name: string, attributes: Record<string, string>): void {
    if (this.#skipping > 0 || left.has(name) || (name === "Fallback" && this.#choices.at(-1) === true)) {
      this.#skipping++;
      return;
    }
    if (name === "AlternateContent") this.#choices.push(false);
    else if (name === "Choice" && this.#choices.length > 0) this.#choices[this.#choices.length - 1] = true;
    else if (name === "p") this.#paragraphs.push({ text: "", style: null, numId: null, depth: 0, outline: null, notes: [] });
    else if (name === "pPr") this.#properties++;
    else if (name === "r") this.#hidden = false;
    else if (name === "vanish" && this.#properties === 0) this.#hidden = attributes.val !== "0" && attributes.val !== "false";
    else if (name === "t") this.#inText = !this.#hidden;
    else if (name === "tbl") this.#tables.push({ rows: [], cell: null, notes: [] });
    else if (name === "tr") this.#tables.at(-1)?.rows.push([]);
    else if (name === "tc") this.#openCell();
    else if (name === "footnote" || name === "endnote")
      this.#note = { id: attributes.id ?? "", separator: /eparator/.test(attributes.type ?? "") };
    else if (this.#properties > 0) this.#readProperty(name, attributes.val ?? "");
    else this.#readSign(name, attributes);
  }

  text(text: string): void {
    if (this.#inText && this.#skipping === 0) this.#add(text);
  }

  close(name: string): void {
    if (this.#skipping > 0) {
      this.#skipping--;
      return;
    }
    if (name === "AlternateContent") this.#choices.pop();
    else if (name === "pPr") this.#properties--;
    else if (name === "t") this.#inText = false;
    else if (name === "p") this.#closeParagraph();
    else if (name === "tc") this.#closeCell();
    else if (name === "tbl") this.#closeTable();
    else if ((name === "footnote" || name === "endnote") && this.#note) {
      if (!this.#note.separator) this.#sink.note?.(this.#note.id);
      this.#note = null;
    }
  }

  /** A part that was cut off still gives what was open. */
  finish(): void {
    while (this.#paragraphs.length > 0) this.#closeParagraph();
    while (this.#tables.length > 0) this.#closeTable();
  }

  #add(text: string): void {
    const paragraph = this.#paragraphs.at(-1);
    if (paragraph) paragraph.text += text;
  }

  #readProperty(name: string, value: string): void {
    const paragraph = this.#paragraphs.at(-1);
    if (!paragraph) return;
    if (name === "pStyle") paragraph.style = value;
    else if (name === "numId") paragraph.numId = value;
    else if (name === "ilvl") paragraph.depth = Number(value) || 0;
    else if (name === "outlineLvl" && Number(value) < 9) paragraph.outline = Number(value);
  }

  #readSign(name: string, attributes: Record<string, string>): void {
    if (this.#hidden) return;
    if (name === "tab" || name === "ptab") this.#add("\t");
    else if (name === "br" || name === "cr") this.#add("\n");
    else if (name === "noBreakHyphen") this.#add("-");
    else if (name === "footnoteReference") this.#paragraphs.at(-1)?.notes.push({ kind: "footnote", id: attributes.id ?? "" });
    else if (name === "endnoteReference") this.#paragraphs.at(-1)?.notes.push({ kind: "endnote", id: attributes.id ?? "" });
  }

  #closeParagraph(): void {
    const paragraph = this.#paragraphs.pop();
    if (!paragraph) return;
    const table = this.#tables.at(-1);
    if (table) {
      table.cell?.push(paragraph.text);
      table.notes.push(...paragraph.notes);
    } else if (!this.#note?.separator) this.#sink.paragraph(paragraph);
  }

  #openCell(): void {
    const table = this.#tables.at(-1);
    if (table) table.cell = [];
  }

  #closeCell(): void {
    const table = this.#tables.at(-1);
    if (!table?.cell) return;
    if (table.rows.length === 0) table.rows.push([]);
    const row = table.rows.at(-1);
    if (row && row.length < tableColumnsMax) row.push(table.cell.join(" ").replace(/\s+/g, " ").trim());
    table.cell = null;
  }

  /** A table inside a table becomes words of the outer cell: rows cannot nest, but nothing may be lost. */
  #closeTable(): void {
    this.#closeCell();
    const table = this.#tables.pop();
    if (!table) return;
    const outer = this.#tables.at(-1);
    if (!outer) this.#sink.table(table.rows, table.notes);
    else {
      outer.cell?.push(table.rows.map((row) => row.filter((cell) => cell !== "").join(" | ")).join("; "));
      outer.notes.push(...table.notes);
    }
  }
}
