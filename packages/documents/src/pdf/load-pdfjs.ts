/**
 * Loads PDF.js for reading text in Node: without a canvas, with its tables for Chinese, Japanese and Korean fonts.
 *
 * @module
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

type Pdfjs = typeof import("pdfjs-dist/legacy/build/pdf.mjs");

/** PDF.js and the folders it reads its tables from, both ending in a separator. */
export interface LoadedPdfjs {
  pdfjs: Pdfjs;
  cMapUrl: string;
  standardFontDataUrl: string;
}

let loading: Promise<LoadedPdfjs> | undefined;

/** Loads once for the life of the process; the first call takes some hundred milliseconds. */
export function loadPdfjs(): Promise<LoadedPdfjs> {
  loading ??= load();
  return loading;
}

async function load(): Promise<LoadedPdfjs> {
  standInForCanvas();
  const pdfjs = await import("pdfjs-dist/legacy/build/pdf.mjs");
  const folder = dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
  return { pdfjs, cMapUrl: `${join(folder, "cmaps")}/`, standardFontDataUrl: `${join(folder, "standard_fonts")}/` };
}

/** PDF.js makes one DOMMatrix while it loads and otherwise draws with these; reading text never draws. */
function standInForCanvas(): void {
  class Unused {}
  const names = globalThis as Record<string, unknown>; // safe: only adds names that Node does not have
  for (const name of ["DOMMatrix", "Path2D", "ImageData"]) names[name] ??= Unused;
}
