/**
 * Texts that no UTF-8 can carry: one half of a surrogate pair, which JSON can spell (`"\ud800"`) and PostgreSQL can't keep.
 * Writing it down would change it without a word, or fail in the middle, so it is refused at the door, for every input alike.
 *
 * @module
 */
import { Refusal } from "@axon/core/errors";

const half = /\p{Surrogate}/u;

/** Refuses with `validation`, and the place in `input`, when a text or a name of a field is not whole. Depth is the door's to limit. */
export function refuseBrokenTexts(input: unknown): void {
  const waiting: { value: unknown; path: string }[] = [{ value: input, path: "" }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, path } = next;
    if (typeof value === "string" && half.test(value)) throw broken(path);
    if (typeof value !== "object" || value === null) continue;
    for (const [name, part] of Object.entries(value)) {
      if (half.test(name)) throw broken(path);
      waiting.push({ value: part, path: path === "" ? name : `${path}.${name}` });
    }
  }
}

function broken(path: string): Refusal {
  const place = path || "(input)";
  const problem = "holds half of a surrogate pair, which is no character";
  return new Refusal("validation", `${place}: ${problem}`, { fields: { [place]: problem } });
}
