/**
 * The words of a page where they stand: PDF.js' text items turned upright, put together to runs that no wide gap parts.
 * Refuses to know about order, columns or paragraphs.
 *
 * @module
 */

/** What we use of a PDF.js text item. `transform` is the text matrix in PDF units (points), y upwards. */
export interface TextItem {
  str: string;
  dir: string;
  width: number;
  height: number;
  transform: number[];
  fontName: string;
}

/** Text on one line without a wide gap. Points; y grows downwards and is the base line; x0..x1 is what it covers. */
export interface Run {
  text: string;
  x0: number;
  x1: number;
  y: number;
  /** Height of the font. */
  size: number;
  /** PDF.js' name for the font it begins with. */
  font: string;
  /** True for text that runs up, down or aslant. */
  turned: boolean;
}

/** Widest gap, in heights of the font, that still parts words and not cells or columns. */
const wordGapMax = 0.9;
/** Narrowest gap that is a space. */
const spaceGapMin = 0.17;

/**
 * `viewport` is the page's transform at scale 1, which turns rotated pages upright.
 * Gives runs in the order of the file; text that is not horizontal is kept as runs of its own.
 */
export function pageRuns(items: readonly TextItem[], viewport: readonly number[]): Run[] {
  const runs: Run[] = [];
  let spaced = false;
  for (const item of items) {
    if (item.str.trim() === "") {
      spaced ||= item.str !== "";
      continue;
    }
    const piece = place(item, viewport);
    const last = runs.at(-1);
    if (last && continues(last, piece)) join(last, piece, spaced, item.dir === "rtl");
    else runs.push(piece);
    spaced = /\s$/.test(item.str);
  }
  return runs;
}

function place(item: TextItem, viewport: readonly number[]): Run {
  const [va = 1, vb = 0, vc = 0, vd = -1, ve = 0, vf = 0] = viewport;
  const [ta = 1, tb = 0, tc = 0, td = 1, te = 0, tf = 0] = item.transform;
  const x = va * te + vc * tf + ve;
  const y = vb * te + vd * tf + vf;
  const alongX = va * ta + vc * tb;
  const alongY = vb * ta + vd * tb;
  const length = Math.hypot(alongX, alongY) || 1;
  const size = Math.hypot(va * tc + vc * td, vb * tc + vd * td) || item.height || 1;
  const endX = x + (alongX / length) * item.width;
  return {
    text: item.str,
    x0: Math.min(x, endX),
    x1: Math.max(x, endX),
    y,
    size,
    font: item.fontName,
    turned: Math.abs(alongY) > length * 0.2,
  };
}

function continues(last: Run, piece: Run): boolean {
  const size = Math.max(last.size, piece.size);
  if (last.turned || piece.turned) return last.turned && piece.turned && last.font === piece.font;
  if (Math.abs(last.y - piece.y) > size * 0.45) return false;
  if (Math.min(last.size, piece.size) < size * 0.5) return false;
  return gapBetween(last, piece) < size * wordGapMax && gapBetween(last, piece) > -size * 0.6;
}

/** The gap on whichever side the piece lies; negative when they overlap. */
function gapBetween(last: Run, piece: Run): number {
  return Math.max(piece.x0 - last.x1, last.x0 - piece.x1);
}

function join(last: Run, piece: Run, spaced: boolean, rtl: boolean): void {
  const gap = gapBetween(last, piece);
  const space = (spaced || gap > last.size * spaceGapMin) && !/\s$/.test(last.text) && !/^\s/.test(piece.text) ? " " : "";
  // The eye decides, not the file: in Arabic text what lies to the right is read first, a number between the words too.
  const rtlContext = rtl || isRightToLeft(last.text);
  const before = last.turned ? false : rtlContext ? piece.x0 >= last.x1 - last.size * 0.3 : piece.x1 <= last.x0 + last.size * 0.3;
  last.text = before ? `${piece.text}${space}${last.text}` : `${last.text}${space}${piece.text}`;
  last.x0 = Math.min(last.x0, piece.x0);
  last.x1 = Math.max(last.x1, piece.x1);
  if (piece.size > last.size) [last.size, last.y] = [piece.size, piece.y];
}

/** True when most letters are Arabic or Hebrew. */
export function isRightToLeft(text: string): boolean {
  const right = text.match(/[\u0590-\u08FF\uFB1D-\uFDFF\uFE70-\uFEFC]/g)?.length ?? 0;
  return right > 0 && right * 2 > (text.match(/\p{L}/gu)?.length ?? 0);
}
