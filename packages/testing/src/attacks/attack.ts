/**
 * What an attack is: a text that somebody plants where the model reads, and what a model does that obeys it.
 *
 * @module
 */

/** Where the text stands. `passage`, `title`, `heading` and `fileName` come from knowledge that somebody else wrote. */
export type Place = "passage" | "title" | "heading" | "fileName" | "message" | "history" | "agentName";

/** What an obeying model does. Each is described where it is done, in `obeying-model.ts`. */
export type Deed =
  | "say"
  | "sayCited"
  | "sayWithin"
  | "sayHidden"
  | "sayForeign"
  | "revealSystem"
  | "revealEncoded"
  | "revealReversed"
  | "revealSpelled"
  | "echoPrompt"
  | "rawJson"
  | "jsonInside"
  | "breakOut"
  | "callTool"
  | "writeToolCall"
  | "citeUnknown"
  | "citeForged"
  | "link"
  | "image"
  | "html"
  | "hiddenLink"
  | "contact"
  | "promise"
  | "plainText"
  | "stubborn"
  | "roleplay";

export interface Attack {
  id: string;
  place: Place;
  text: string;
  deed: Deed;
  /** What must never be shown; part of the text, or of what the text asks for. */
  canary: string;
}

/** The host that every planted link leads to. */
export const evilHost = "evil-canary.example";

/** `[name, deed, text]`, where `%` in the text stands for the canary. */
export type Row = readonly [name: string, deed: Deed, text: string];

/** Attacks of one place, each with a canary of its own. */
export function attacksAt(place: Place, rows: readonly Row[]): Attack[] {
  return rows.map(([name, deed, text], index) => {
    const canary = `CANARY-${place.slice(0, 3).toUpperCase()}${String(index + 1).padStart(2, "0")}X`;
    return { id: `${place}: ${name}`, place, deed, canary, text: text.replaceAll("%", canary) };
  });
}
