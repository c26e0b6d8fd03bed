/**
 * The progress of several files: one bar each on a terminal, one line per step anywhere else.
 *
 * @module
 */
import type { DocumentStatus } from "@axon/contracts/knowledge";
import progress from "cli-progress";
import { type Io, remark } from "./io.ts";
import { shorten } from "./render.ts";

export interface Step {
  status: DocumentStatus;
  done: number;
  total: number;
}

export interface ProgressBoard {
  update(name: string, step: Step): void;
  /** The last word on a file; `problem` is null when it went well. */
  finish(name: string, problem: string | null, note: string): void;
  stop(): void;
}

// A bar with its name and step must fit into 80 columns: a line that is cut would lose the code that ends its colour.
const nameWidth = 28;
const barWidth = 18;
const stepWidth = 21;
/** Where a file stands when a step begins, in per cent. Embedding is what takes long and has most of the way. */
const shares: Record<DocumentStatus, [from: number, to: number]> = {
  uploading: [0, 10],
  queued: [10, 15],
  parsing: [15, 30],
  chunking: [30, 40],
  embedding: [40, 99],
  ready: [100, 100],
  failed: [100, 100],
};

/** How far a file has come, in per cent. */
export function percentOf({ status, done, total }: Step): number {
  const [from, to] = shares[status];
  const share = total > 0 ? Math.min(1, done / total) : 0;
  return Math.round(from + (to - from) * share);
}

/** `embedding 12/20`, or the bare step where there is nothing to count. */
export function stepText({ status, done, total }: Step): string {
  return status === "embedding" && total > 0 ? `${status} ${done}/${total}` : status;
}

/** Bars on a terminal that can redraw, lines otherwise, nothing when `quiet`. */
export function createProgressBoard(io: Io, quiet: boolean): ProgressBoard {
  if (quiet) return { update() {}, finish() {}, stop() {} };
  return io.bars ? createBars(io) : createLines(io);
}

function createBars(io: Io): ProgressBoard {
  const bars = new progress.MultiBar(
    {
      stream: io.stderr as NodeJS.WritableStream,
      format: "  {name} {bar} {step}",
      barsize: barWidth,
      hideCursor: true,
      clearOnComplete: false,
      forceRedraw: true,
      autopadding: true,
    },
    progress.Presets.shades_classic,
  );
  const known = new Map<string, progress.SingleBar>();
  const show = (name: string, percent: number, step: string) => {
    const payload = { name: shorten(name, nameWidth).padEnd(nameWidth), step };
    const bar = known.get(name);
    if (bar) bar.update(percent, payload);
    else known.set(name, bars.create(100, percent, payload));
  };
  return {
    update: (name, step) => show(name, percentOf(step), stepText(step)),
    finish: (name, problem, note) =>
      show(name, 100, problem === null ? io.style.good(shorten(note, stepWidth)) : io.style.bad(shorten(problem, stepWidth))),
    stop: () => bars.stop(),
  };
}

function createLines(io: Io): ProgressBoard {
  const last = new Map<string, DocumentStatus>();
  return {
    update(name, step) {
      if (last.get(name) === step.status || step.status === "ready" || step.status === "failed") return;
      last.set(name, step.status);
      remark(io, `${name}: ${stepText(step)}`);
    },
    finish: (name, problem, note) => remark(io, `${name}: ${problem === null ? note : `failed, ${problem}`}`),
    stop() {},
  };
}

interface Counter {
  update(done: number, note: string): void;
  stop(): void;
}

/** Parts of the whole after which a line is written where there are no bars. */
const linesPerCount = 10;

/** One bar that counts up to `total`; lines at every tenth where bars can't be drawn. */
export function createCounter(io: Io, { what, total, quiet }: { what: string; total: number; quiet: boolean }): Counter {
  if (quiet) return { update() {}, stop() {} };
  if (!io.bars) {
    let told = 0;
    return {
      update(done, note) {
        const tenths = Math.floor((done / total) * linesPerCount);
        if (tenths <= told) return;
        told = tenths;
        remark(io, `${done} ${what}, ${note}`);
      },
      stop() {},
    };
  }
  const bar = new progress.SingleBar(
    {
      stream: io.stderr as NodeJS.WritableStream, // safe: a terminal, or there would be no bars
      format: `  {bar} {value} ${what}, {note}`,
      barsize: barWidth,
      hideCursor: true,
    },
    progress.Presets.shades_classic,
  );
  bar.start(total, 0, { note: "" });
  return { update: (done, note) => bar.update(Math.min(done, total), { note }), stop: () => bar.stop() };
}
