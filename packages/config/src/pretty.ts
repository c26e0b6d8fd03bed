/**
 * One JSON log line as a person would like to read it: time, level, who, what, then the rest as name=value.
 *
 * @module
 */

/** Characters of one value that are shown; the JSON output has them all. */
const valueCharsMax = 300;

/** Takes a JSON line as pino writes it and gives one line of text; anything else is given back untouched. */
export function prettyLine(line: string): string {
  const entry = readObject(line);
  if (!entry) return line;
  const { time, level, name, msg, err, pid: _pid, ...rest } = entry;
  const clock = typeof time === "string" ? time.slice(11, 19) : "--:--:--";
  const details = Object.entries(rest).map(([key, value]) => `${key}=${short(value)}`);
  const head = [clock, String(level ?? "").padEnd(5), String(name ?? ""), String(msg ?? ""), ...details]
    .filter((part) => part !== "")
    .join(" ");
  return `${head}\n${stackOf(err)}`;
}

function readObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : null;
  } catch {
    return null; // Not ours to judge: a line that is not JSON is shown as it came.
  }
}

function short(value: unknown): string {
  const shown = typeof value === "string" ? value : JSON.stringify(value);
  return shown.length > valueCharsMax ? `${shown.slice(0, valueCharsMax)}…` : shown;
}

/** The stack, and below it that of its cause, and so on. */
function stackOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  const stack = "stack" in error ? error.stack : "message" in error ? error.message : undefined;
  const cause = "cause" in error ? stackOf(error.cause) : "";
  const shown = typeof stack === "string" && stack !== "" ? `${stack.replace(/^/gm, "  ")}\n` : "";
  return cause === "" ? shown : `${shown}  caused by\n${cause}`;
}
