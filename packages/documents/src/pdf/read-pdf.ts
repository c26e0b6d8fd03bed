/**
 * PDF to blocks: pages one after the other, then what only the whole document shows: running headers, the size of headings, sentences over page ends.
 *
 * @module
 */
import type { BlockList } from "../block-list.ts";
import { DocumentError } from "../document-error.ts";
import { charsMax, pagesMax } from "../limits.ts";
import { cleanText } from "../text.ts";
import { loadPdfjs } from "./load-pdfjs.ts";
import { type Draft, joinLines, regionDrafts, runsOn, type Vocabulary } from "./page-blocks.ts";
import { pageRuns, type Run, type TextItem } from "./page-text.ts";
import { readingOrder } from "./reading-order.ts";

interface PageRuns {
  runs: Run[];
  height: number;
}

/** Adds the blocks of a PDF; gives its title and number of pages. Refuses with `encrypted`, `invalid` or `too_large`. */
export async function readPdf(bytes: Uint8Array, out: BlockList): Promise<{ title: string | null; pages: number }> {
  const { pages, title } = await readPages(bytes);
  const drafts = toDrafts(withoutRunningLines(pages));
  const body = bodySize(drafts);
  let largest: { text: string; size: number } | null = null;
  const sizes = headingSizes(drafts, body);
  for (const draft of drafts) {
    const level = headingLevel(draft, sizes);
    if (draft.kind === "table") out.table(draft.rows ?? [], draft.page);
    else if (level !== null) {
      out.heading(draft.text, level, draft.page);
      if (draft.page === 1 && draft.size > (largest?.size ?? 0)) largest = draft;
    } else if (draft.kind === "list") out.list([draft.text], draft.page);
    else out.paragraph(draft.text, draft.page);
  }
  return { title: title ?? (largest ? cleanText(largest.text) : null), pages: pages.length };
}

async function readPages(bytes: Uint8Array): Promise<{ pages: PageRuns[]; title: string | null }> {
  const { pdfjs, cMapUrl, standardFontDataUrl } = await loadPdfjs();
  const task = pdfjs.getDocument({
    data: new Uint8Array(bytes), // PDF.js takes the bytes for itself
    cMapUrl,
    cMapPacked: true,
    standardFontDataUrl,
    disableFontFace: true,
    isEvalSupported: false,
    maxImageSize: 1, // no image is ever decoded
    useSystemFonts: false,
    stopAtErrors: false,
    verbosity: 0,
  });
  try {
    const pdf = await task.promise;
    if (pdf.numPages > pagesMax) {
      throw new DocumentError("too_large", `The file has more than ${pagesMax} pages. Please split it into smaller files.`);
    }
    const pages: PageRuns[] = [];
    let chars = 0;
    let failure: unknown = null;
    for (let number = 1; number <= pdf.numPages; number++) {
      try {
        const page = await pdf.getPage(number);
        const { items } = await page.getTextContent();
        const viewport = page.getViewport({ scale: 1 });
        // safe: without marked content every item is a text item
        const runs = pageRuns(items as TextItem[], viewport.transform);
        pages.push({ runs, height: viewport.height });
        chars += runs.reduce((sum, run) => sum + run.text.length, 0);
        page.cleanup();
      } catch (cause) {
        failure = cause;
        pages.push({ runs: [], height: 0 });
      }
      if (chars > charsMax) throw new DocumentError("too_large");
    }
    // One bad page is a loss; nothing but bad pages is no document.
    if (failure !== null && chars === 0) throw failure;
    return { pages, title: await titleOf(pdf) };
  } catch (cause) {
    throw asDocumentError(cause);
  } finally {
    await task.destroy().catch(() => {});
  }
}

async function titleOf(pdf: { getMetadata: () => Promise<{ info: object }> }): Promise<string | null> {
  const metadata = await pdf.getMetadata().catch(() => null);
  const title: unknown = metadata && "Title" in metadata.info ? metadata.info.Title : null;
  const text = typeof title === "string" ? cleanText(title).trim() : "";
  // Many programs leave their file's name there.
  return text === "" || /\.(?:docx?|pdf|tex|indd|pptx?|xlsx?)$|^untitled$|^microsoft word/i.test(text) ? null : text.slice(0, 300);
}

function asDocumentError(cause: unknown): DocumentError {
  if (cause instanceof DocumentError) return cause;
  const name = cause instanceof Error ? cause.name : "";
  const message = cause instanceof Error ? cause.message : "";
  if (name === "PasswordException" || /encrypt|password/i.test(message)) return new DocumentError("encrypted", undefined, { cause });
  return new DocumentError("invalid", undefined, { cause });
}

/** Lines that come back at the top or bottom of most pages, their numbers aside, say nothing about the page. */
function withoutRunningLines(pages: readonly PageRuns[]): Run[][] {
  const margin = (run: Run, height: number) => run.y < height * 0.09 || run.y > height * 0.91;
  const key = (run: Run) => `${run.text.replace(/\d+/g, "#").trim()} ${Math.round(run.y / 4)}`;
  const seen = new Map<string, number>();
  for (const { runs, height } of pages) {
    for (const once of new Set(runs.filter((run) => margin(run, height)).map(key))) seen.set(once, (seen.get(once) ?? 0) + 1);
  }
  const enough = Math.max(3, pages.length * 0.3);
  return pages.map(({ runs, height }) => runs.filter((run) => !margin(run, height) || (seen.get(key(run)) ?? 0) < enough));
}

function toDrafts(pages: readonly Run[][]): Draft[] {
  const vocabulary = readVocabulary(pages);
  const drafts: Draft[] = [];
  pages.forEach((runs, index) => {
    for (const region of readingOrder(runs)) {
      for (const draft of regionDrafts(region, index + 1, vocabulary)) {
        const before = drafts.at(-1);
        if (before && runsOn(before, draft)) {
          before.text = joinLines(before.text, draft.text, vocabulary);
          before.lines += draft.lines;
        } else drafts.push(draft);
      }
    }
  });
  return drafts;
}

/** Words as they stand inside lines. The first and last of a line are left out: they may be halves of a parted word. */
function readVocabulary(pages: readonly Run[][]): Vocabulary {
  const compounds = new Set<string>();
  const words = new Set<string>();
  for (const runs of pages) {
    for (const run of runs) {
      const inLine = run.text.match(/\p{L}[\p{L}\p{N}'’]*(?:-[\p{L}\p{N}'’]+)*/gu)?.slice(1, -1) ?? [];
      for (const word of inLine) (word.includes("-") ? compounds : words).add(word.toLowerCase());
    }
  }
  return { compounds, words };
}

/** The size that most characters have. */
function bodySize(drafts: readonly Draft[]): number {
  const chars = new Map<number, number>();
  for (const draft of drafts) {
    const size = Math.round(draft.size * 2) / 2;
    chars.set(size, (chars.get(size) ?? 0) + draft.text.length);
  }
  return [...chars].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

/** Sizes clearly above the body's, largest first: their rank is the heading's level. */
function headingSizes(drafts: readonly Draft[], body: number): number[] {
  const large = drafts.filter((draft) => isHeadingShaped(draft) && draft.size > body * 1.07).map((draft) => Math.round(draft.size * 2) / 2);
  return [...new Set(large)].sort((a, b) => b - a);
}

function headingLevel(draft: Draft, sizes: readonly number[]): number | null {
  if (!isHeadingShaped(draft)) return null;
  const rank = sizes.indexOf(Math.round(draft.size * 2) / 2);
  if (rank >= 0) return rank + 1;
  // Headings of the body's size give themselves away by a number such as 3.1.
  return draft.lines === 1 && draft.text.length <= 80 && /^\d{1,2}(?:\.\d{1,2}){1,3}\s+\p{Lu}/u.test(draft.text) ? sizes.length + 1 : null;
}

function isHeadingShaped(draft: Draft): boolean {
  return draft.kind !== "table" && draft.lines <= 4 && draft.text.length <= 200 && /\p{L}/u.test(draft.text) && !/[.,;]$/.test(draft.text);
}
