/**
 * How much memory another process uses, where the system tells it cheaply.
 *
 * @module
 */
import { readFileSync } from "node:fs";

/** RSS in bytes from Linux's /proc; null elsewhere, or when the process is gone. There the child's own watchdog keeps the limit. */
export function readRssBytes(pid: number): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
