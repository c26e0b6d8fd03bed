/**
 * HTML to blocks, in one pass over the tags without building a tree: what a visitor would read, in order.
 * Scripts, styles, navigation and forms' controls are left out.
 *
 * @module
 */
import { Parser } from "htmlparser2";
import type { BlockList } from "../block-list.ts";
import { DocumentError } from "../document-error.ts";
import { markupDepthMax, tableColumnsMax, tableRowsMax } from "../limits.ts";

const skipped = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "nav",
  "svg",
  "math",
  "iframe",
  "object",
  "select",
  "button",
  "dialog",
  "canvas",
]);
const breaking = new Set(
  "p div section article main header footer aside ul ol li dl dt dd table tr td th thead tbody tfoot caption h1 h2 h3 h4 h5 h6 blockquote pre figure figcaption address form fieldset hr body html summary details".split(
    " ",
  ),
);

/** The charset that the head of a page declares, or null. Looked for in the first 4 KB, as browsers do. */
export function declaredCharset(bytes: Uint8Array): string | null {
  const head = Buffer.from(bytes.subarray(0, 4096)).toString("latin1");
  return (
    /<meta[^>]{0,200}charset\s*=\s*["']?([\w-]{2,40})/i.exec(head)?.[1] ??
    /<\?xml[^>]{0,100}encoding\s*=\s*["']([\w-]{2,40})/i.exec(head)?.[1] ??
    null
  );
}

/** Adds the blocks of a page and gives its title, or null. Refuses markup nested deeper than `markupDepthMax` with `rejected`. */
export function readHtml(html: string, out: BlockList): string | null {
  const reader = new HtmlReader(out);
  const parser = new Parser(
    {
      onopentag: (name, attributes) => reader.open(name, attributes),
      ontext: (text) => reader.text(text),
      onclosetag: (name) => reader.close(name),
    },
    { decodeEntities: true },
  );
  parser.end(html);
  reader.finish();
  return reader.title;
}

interface Table {
  rows: string[][];
  cell: string | null;
  /** Text outside the cells: a caption, or words that a careless page put there. */
  loose: string;
}

class HtmlReader {
  title: string | null = null;
  readonly #out: BlockList;
  #depth = 0;
  #skipDepth = 0;
  #inTitle = false;
  #text = "";
  #heading = 0;
  #pre = 0;
  readonly #lists: { ordered: boolean; count: number }[] = [];
  #items: string[] = [];
  readonly #tables: Table[] = [];

  constructor(out: BlockList) {
    this.#out = out;
  }

  open(name: string, attributes: Record<string, string>): void {
    if (++this.#depth > markupDepthMax)
      throw new DocumentError("rejected", "The file was refused because its structure is nested too deeply.");
    if (this.#skipDepth > 0 || skipped.has(name) || isHidden(attributes)) {
      this.#skipDepth++;
      return;
    }
    if (name === "title" && this.#depth <= 4) this.#inTitle = true;
    const table = this.#tables.at(-1);
    if (breaking.has(name)) this.#break();
    if (name === "br") this.#add("\n");
    else if (name === "table") this.#tables.push({ rows: [], cell: null, loose: "" });
    else if (table && name === "tr") table.rows.push([]);
    else if (table && (name === "td" || name === "th")) table.cell = "";
    else if (table) return;
    else if (/^h[1-6]$/.test(name)) this.#heading = Number(name[1]);
    else if (name === "pre") this.#pre++;
    else if (name === "ul" || name === "ol") this.#lists.push({ ordered: name === "ol", count: 0 });
    else if (name === "li") this.#startItem();
  }

  text(text: string): void {
    if (this.#skipDepth > 0) return;
    if (this.#inTitle) this.title = `${this.title ?? ""}${text}`;
    else this.#add(this.#pre > 0 ? text : text.replace(/\s+/g, " "));
  }

  close(name: string): void {
    this.#depth--;
    if (this.#skipDepth > 0) {
      this.#skipDepth--;
      return;
    }
    if (name === "title") this.#inTitle = false;
    if (name === "table") this.#closeTable();
    else if (name === "td" || name === "th") this.#closeCell();
    else if (this.#tables.length > 0) {
      if (breaking.has(name)) this.#break();
    } else if (breaking.has(name)) {
      this.#break();
      if (name === "pre") this.#pre = Math.max(0, this.#pre - 1);
      if (/^h[1-6]$/.test(name)) this.#heading = 0;
      if (name === "ul" || name === "ol") this.#closeList();
    }
  }

  finish(): void {
    while (this.#tables.length > 0) this.#closeTable();
    this.#break();
    this.#flushList();
    this.title = this.title?.replace(/\s+/g, " ").trim() || null;
  }

  #add(text: string): void {
    const table = this.#tables.at(-1);
    if (!table) this.#text += text;
    else if (table.cell !== null) table.cell += text;
    else table.loose += text;
  }

  /** Ends the running text and makes a block of it, or, inside a cell, a space. */
  #break(): void {
    if (this.#tables.length > 0) {
      this.#add(" ");
      return;
    }
    const text = this.#text;
    this.#text = "";
    if (text.trim() === "") return;
    if (this.#lists.length > 0 && this.#heading === 0) {
      const last = this.#items.length - 1;
      const words = text.replace(/\s+/g, " ").trim();
      if (last < 0) this.#items.push(words);
      else this.#items[last] = `${this.#items[last]}${/\S\s$|^$/.test(this.#items[last] ?? "") ? "" : " "}${words}`;
      return;
    }
    this.#flushList();
    if (this.#heading > 0) this.#out.heading(text, this.#heading);
    else if (this.#pre > 0) this.#out.code(text);
    else this.#out.paragraph(text);
  }

  #startItem(): void {
    const list = this.#lists.at(-1);
    if (list) list.count++;
    const mark = list?.ordered ? `${list.count}.` : "-";
    this.#items.push(`${"  ".repeat(Math.max(0, Math.min(8, this.#lists.length - 1)))}${mark} `);
    if (!list) this.#lists.push({ ordered: false, count: 1 });
  }

  #closeList(): void {
    this.#lists.pop();
    if (this.#lists.length === 0) this.#flushList();
  }

  #flushList(): void {
    const items = this.#items.filter((item) => !/^\s*(?:-|\d+\.)?\s*$/.test(item));
    if (items.length > 0) this.#out.list(items);
    this.#items = [];
  }

  #closeCell(): void {
    const table = this.#tables.at(-1);
    if (!table || table.cell === null) return;
    if (table.rows.length === 0) table.rows.push([]);
    const row = table.rows.at(-1);
    if (row && row.length < tableColumnsMax) row.push(table.cell.replace(/\s+/g, " ").trim());
    table.cell = null;
    if (table.rows.length > tableRowsMax) throw new DocumentError("too_large");
  }

  /** A table inside a table becomes words of the outer cell; a table of one column was only layout. */
  #closeTable(): void {
    this.#closeCell();
    const table = this.#tables.pop();
    if (!table) return;
    const rows = table.rows.filter((row) => row.some((cell) => cell !== ""));
    if (this.#tables.length > 0) this.#add(` ${table.loose} ${rows.map((row) => row.join(" | ")).join("; ")} `);
    else {
      this.#flushList();
      this.#out.paragraph(table.loose);
      if (rows.every((row) => row.length === 1)) for (const row of rows) this.#out.paragraph(row[0] ?? "");
      else this.#out.table(rows);
    }
  }
}

function isHidden(attributes: Record<string, string>): boolean {
  return (
    "hidden" in attributes ||
    attributes["aria-hidden"] === "true" ||
    /display\s*:\s*none/i.test(attributes.style ?? "") ||
    attributes.role === "navigation"
  );
}
