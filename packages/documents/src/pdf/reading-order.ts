/**
 * Puts the runs of a page in the order a person reads them: full-width parts and columns, from the top, and lines within them.
 * Tells columns of prose from columns of a table: prose fills its column with long lines, cells do not.
 *
 * @module
 */
import { isRightToLeft, type Run } from "./page-text.ts";

/** One line of a column or a row of a table. `cells` are its runs in reading order; `y` is the base line. */
export interface Line {
  cells: Run[];
  x0: number;
  x1: number;
  y: number;
  size: number;
}

/** Lines that belong together, e.g. one column. */
export type Region = Line[];

/** Columns side by side that are looked for, as a depth of halving. */
const splitDepthMax = 3;
/** Lines that a column must have, and characters that its lines have on average, to be prose. */
const columnLinesMin = 4;
const columnLineCharsMin = 18;

/** Places across the page where a gutter is looked for, and how many of the freest are examined. */
const gutterSteps = 200;
const gutterTriesMax = 12;

/** Gives the regions of a page in reading order. */
export function readingOrder(runs: readonly Run[]): Region[] {
  const upright = split(
    runs.filter((run) => !run.turned),
    0,
  ).map(toLines);
  // Turned text (a stamp in the margin, a label of an axis) belongs to no column: it comes last, each piece for itself.
  const turned = runs.filter((run) => run.turned).map((run) => [asLine(run)]);
  return [...upright, ...turned].filter((region) => region.length > 0);
}

function split(runs: readonly Run[], depth: number): Run[][] {
  if (depth >= splitDepthMax || runs.length < columnLinesMin * 2) return [[...runs]];
  const gutter = findGutter(runs);
  if (gutter === null) return [[...runs]];
  const crossing = runs.filter((run) => run.x0 < gutter && run.x1 > gutter).sort((a, b) => a.y - b.y);
  const sides = runs.filter((run) => run.x0 >= gutter || run.x1 <= gutter);
  const parts: Run[][] = [];
  let top = Number.NEGATIVE_INFINITY;
  let wide: Run[] = [];
  const close = (bottom: number) => {
    const band = sides.filter((run) => run.y >= top && run.y < bottom);
    if (band.length === 0) return;
    const left = band.filter((run) => run.x1 <= gutter);
    const right = band.filter((run) => run.x0 >= gutter);
    if (isProse(left) && isProse(right)) {
      if (wide.length > 0) parts.push(wide);
      wide = [];
      const rightToLeft = isRightToLeft(band.map((run) => run.text).join(" "));
      const [first, second] = rightToLeft ? [right, left] : [left, right];
      parts.push(...split(first, depth + 1), ...split(second, depth + 1));
    } else wide.push(...band);
  };
  for (const run of crossing) {
    // The band ends above the crossing line: half a line higher than its base line, so that its own neighbours stay with it.
    close(run.y - run.size * 0.6);
    wide.push(run);
    top = Math.max(top, run.y - run.size * 0.6);
  }
  close(Number.POSITIVE_INFINITY);
  if (wide.length > 0) parts.push(wide);
  return parts;
}

/** The x that most runs leave free while there is prose on both sides, or null. */
function findGutter(runs: readonly Run[]): number | null {
  const x0 = runs.reduce((least, run) => Math.min(least, run.x0), Number.POSITIVE_INFINITY);
  const x1 = runs.reduce((most, run) => Math.max(most, run.x1), Number.NEGATIVE_INFINITY);
  const step = (x1 - x0) / gutterSteps;
  const crossings = new Array<number>(gutterSteps).fill(0);
  for (const run of runs) {
    const last = Math.min(gutterSteps - 1, Math.floor((run.x1 + 1 - x0) / step));
    for (let i = Math.max(0, Math.ceil((run.x0 - 1 - x0) / step)); i <= last; i++) crossings[i] = (crossings[i] ?? 0) + 1;
  }
  const tries = crossings
    .map((crossing, i) => ({ x: x0 + i * step, crossing, fromMiddle: Math.abs(i - gutterSteps / 2) }))
    .filter(({ x, crossing }) => crossing <= runs.length * 0.4 && x > x0 + (x1 - x0) * 0.15 && x < x1 - (x1 - x0) * 0.15)
    .sort((a, b) => a.crossing - b.crossing || a.fromMiddle - b.fromMiddle)
    .slice(0, gutterTriesMax);
  return tries.find(({ x }) => isProse(runs.filter((run) => run.x1 <= x)) && isProse(runs.filter((run) => run.x0 >= x)))?.x ?? null;
}

/** Long lines, most of which fill the column. */
function isProse(runs: readonly Run[]): boolean {
  if (runs.length < columnLinesMin) return false;
  const lines = toLines(runs);
  if (lines.length < columnLinesMin) return false;
  const chars = lines.reduce((sum, line) => sum + line.cells.reduce((count, cell) => count + width(cell.text), 0), 0);
  const cells = lines.reduce((sum, line) => sum + line.cells.length, 0);
  return chars / lines.length >= columnLineCharsMin && chars / cells >= columnLineCharsMin * 0.6;
}

/** A Chinese or Japanese sign says as much as two letters. */
function width(text: string): number {
  return text.length + (text.match(/[\u2E80-\u9FFF\uAC00-\uD7AF]/g)?.length ?? 0);
}

/** Groups runs to lines by their base lines, from the top; a raised or lowered small sign joins the line it belongs to. */
export function toLines(runs: readonly Run[]): Line[] {
  const small = median(runs.map((run) => run.size)) * 0.8;
  const lines: Line[] = [];
  const add = (run: Run, reach: number) => {
    const line = nearest(lines, run, reach);
    if (!line) {
      lines.push(asLine(run));
      return;
    }
    line.cells.push(run);
    line.x0 = Math.min(line.x0, run.x0);
    line.x1 = Math.max(line.x1, run.x1);
    if (run.size > line.size) [line.size, line.y] = [run.size, run.y];
  };
  const ordered = [...runs].sort((a, b) => a.y - b.y || a.x0 - b.x0);
  for (const run of ordered) if (run.size >= small) add(run, 0.4);
  lines.sort((a, b) => a.y - b.y);
  for (const run of ordered) if (run.size < small) add(run, 0.75);
  for (const line of lines) line.cells = coalesce(line.cells);
  return lines.sort((a, b) => a.y - b.y);
}

function asLine(run: Run): Line {
  return { cells: [run], x0: run.x0, x1: run.x1, y: run.y, size: run.size };
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

/** Cells in reading order; neighbours that no wide gap parts are one cell. */
function coalesce(cells: readonly Run[]): Run[] {
  const rightToLeft = isRightToLeft(cells.map((cell) => cell.text).join(" "));
  const sorted = [...cells].sort((a, b) => (rightToLeft ? b.x1 - a.x1 : a.x0 - b.x0));
  const result: Run[] = [];
  for (const cell of sorted) {
    const last = result.at(-1);
    const size = Math.max(cell.size, last?.size ?? 0);
    const gap = last ? Math.max(cell.x0 - last.x1, last.x0 - cell.x1) : 0;
    if (!last || gap >= size * 0.9) {
      result.push({ ...cell });
      continue;
    }
    last.text += gap > size * 0.17 ? ` ${cell.text}` : cell.text;
    last.x0 = Math.min(last.x0, cell.x0);
    last.x1 = Math.max(last.x1, cell.x1);
    last.size = size;
  }
  return result;
}

/** The line whose base line is near: found from the line below, since lines are sorted from the top. */
function nearest(lines: readonly Line[], run: Run, reach: number): Line | undefined {
  let low = 0;
  let high = lines.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle]?.y ?? 0) < run.y - run.size * 3) low = middle + 1;
    else high = middle;
  }
  let best: Line | undefined;
  for (let i = low; i < lines.length; i++) {
    const line = lines[i];
    if (!line || line.y > run.y + run.size * 3) break;
    const distance = Math.abs(line.y - run.y);
    if (distance > Math.max(line.size, run.size) * reach || (best && distance >= Math.abs(best.y - run.y)) || overlaps(line, run)) continue;
    best = line;
  }
  return best;
}

function overlaps(line: Line, run: Run): boolean {
  return line.cells.some((cell) => Math.min(cell.x1, run.x1) - Math.max(cell.x0, run.x0) > Math.min(cell.size, run.size) * 0.5);
}
