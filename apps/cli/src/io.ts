/**
 * The terminal as the commands see it: where to write, where to read, and what the screen can show.
 *
 * @module
 */
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { createStyle, type Style } from "./style.ts";

export interface Io {
  stdin: Readable;
  stdout: Writable;
  stderr: Writable;
  /** True when a person sits in front of both ends. */
  interactive: boolean;
  /** True when bars can be redrawn in place. */
  bars: boolean;
  style: Style;
}

interface TtyInfo {
  isTTY?: boolean;
}

/** What the process' own streams can do. `plain` (NO_COLOR, a dumb terminal) takes the colours away, nothing else. */
export function terminalIo(
  streams: { stdin: Readable & TtyInfo; stdout: Writable & TtyInfo; stderr: Writable & TtyInfo },
  plain: boolean,
): Io {
  const out = streams.stdout.isTTY === true;
  return {
    stdin: streams.stdin,
    stdout: streams.stdout,
    stderr: streams.stderr,
    interactive: streams.stdin.isTTY === true && out,
    bars: streams.stderr.isTTY === true && !plain,
    style: createStyle(out && !plain),
  };
}

export function say(io: Io, text: string): void {
  io.stdout.write(`${text}\n`);
}

/** For what accompanies a result (progress, notices), so that stdout can be piped on. */
export function remark(io: Io, text: string): void {
  io.stderr.write(`${text}\n`);
}

/** Asks for one line; `hidden` shows nothing of what is typed. Gives null at the end of the input. */
export function askLine(io: Io, question: string, options: { hidden?: boolean } = {}): Promise<string | null> {
  io.stderr.write(question);
  // The echo of a line editor goes to its output: a hidden answer has none.
  const lines = createInterface({ input: io.stdin, ...(options.hidden ? {} : { output: io.stderr }), terminal: io.interactive });
  return new Promise((resolve) => {
    let answer: string | null = null;
    lines.once("line", (line) => {
      answer = line;
      lines.close();
    });
    lines.once("close", () => {
      if (options.hidden) io.stderr.write("\n");
      resolve(answer);
    });
  });
}

/** Everything that is piped in, up to `charsMax` characters. */
export async function readAll(stdin: Readable, charsMax: number): Promise<string> {
  let text = "";
  for await (const chunk of stdin.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > charsMax) break;
  }
  return text.slice(0, charsMax);
}
