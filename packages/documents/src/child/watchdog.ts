/**
 * A thread beside the reader that ends the process when its parent is gone or its memory is above the cap. It is a thread because a
 * hostile document can keep the reader busy for minutes, and then no event and no timer of its own would ever run.
 *
 * @module
 */
import { Worker } from "node:worker_threads";

/** How often it looks, in milliseconds. */
const lookEveryMs = 100;

// Plain JavaScript in a string: it must start the same from src and from dist.
const code = `
const { workerData } = require("node:worker_threads");
setInterval(() => {
  const orphaned = process.ppid !== workerData.parentPid;
  if (orphaned || process.memoryUsage.rss() > workerData.rssBytesMax) process.kill(process.pid, "SIGKILL");
}, workerData.lookEveryMs);
`;

/** Starts the watch over this process. `rssBytesMax` is a ceiling for all its memory. */
export function startWatchdog(parentPid: number, rssBytesMax: number): void {
  const worker = new Worker(code, {
    eval: true,
    execArgv: [],
    env: {},
    workerData: { parentPid, rssBytesMax, lookEveryMs },
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  worker.unref();
}
