/**
 * What a bench found, and how it is told. Nothing here judges: a goal is printed beside the ratio, never asserted.
 *
 * @module
 */
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { short, table } from "./numbers.ts";

export interface BenchResult {
  name: string;
  /** What was measured, against what, in a sentence. */
  about: string;
  columns: readonly string[];
  rows: readonly { variant: string; values: readonly number[] }[];
  ratios: readonly { what: string; value: number; goal?: string }[];
  /** What a reader must know to trust the numbers. */
  notes: readonly string[];
}

/** The machine, and how busy it was when the run began: without them numbers mean little. */
export function machineFacts(): Record<string, string> {
  return {
    cpu: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    node: process.version,
    system: `${process.platform} ${process.arch}`,
    load: loadavg()
      .map((load) => load.toFixed(1))
      .join(" "),
  };
}

export function tell(result: BenchResult): string {
  const rows = result.rows.map(({ variant, values }) => [variant, ...values.map(short)]);
  const ratios = result.ratios.map(({ what, value, goal }) => `${what}: ${short(value)}${goal === undefined ? "" : ` (goal: ${goal})`}`);
  return [
    result.name,
    result.about,
    "",
    table(["", ...result.columns], rows),
    "",
    ...ratios,
    ...result.notes.map((note) => `Note: ${note}`),
  ].join("\n");
}
