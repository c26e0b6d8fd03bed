/**
 * Keeps personal data from the model: values become tokens like `[[EMAIL_1]]` before the prompt is made, and values
 * again in what the model says, also when a token comes in two pieces. One vault serves one reply and is then forgotten.
 *
 * @module
 */
import { type Finding, findPersonalData, type PiiKind, piiKinds } from "./find.ts";

export interface Vault {
  /** What the customer and the agent wrote: every value is hidden. */
  hide(text: string): string;
  /**
   * What stands in a document: hidden is what no answer needs to be made from (accounts, cards, ids) and what the customer
   * named; a shop's own address and telephone number stay.
   */
  hideInPassage(text: string): string;
  /** Whole tokens become values again; one that was never given stays as it is, for others to judge. */
  restore(text: string): string;
  restorer(): Restorer;
  /** How many different values of each kind are hidden. */
  counts(): Record<string, number>;
}

/** `restore` for a text that comes in pieces. */
export interface Restorer {
  push(text: string): string;
  end(): string;
}

/** Different values in one reply; a message that has more is a list, and the rest of it is left out. */
const valuesMax = 500;
const kinds = piiKinds.join("|");
/** Models now and then lose one of the two brackets. */
const token = new RegExp(`\\[{1,2}(${kinds})_(\\d{1,4})\\]{1,2}`, "g");
/** What could still become a token: a bracket, and as much of a name and number as any has. */
const begun = /\[{1,2}(?:[A-Z]{1,5}(?:_(?:\d{1,4}\]?)?)?)?$/;
const forged = new RegExp(`\\[\\[(?=(?:${kinds})_)`, "g");
const secret: ReadonlySet<PiiKind> = new Set(["IBAN", "CARD", "ID"]);

/** Is there something in the text that looks like a token of ours? After restoring, such a thing was made up. */
export function hasToken(text: string): boolean {
  return text.search(token) >= 0;
}

export function createVault(): Vault {
  const tokenOf = new Map<string, string>();
  const valueBy = new Map<string, string>();
  const counts: Record<string, number> = {};
  const keyOf = ({ kind, canonical }: Finding) => `${kind} ${canonical}`;

  function tokenFor(finding: Finding, value: string): string {
    const known = tokenOf.get(keyOf(finding));
    if (known !== undefined) return known;
    if (tokenOf.size >= valuesMax) return "…";
    const number = (counts[finding.kind] ?? 0) + 1;
    counts[finding.kind] = number;
    const made = `[[${finding.kind}_${number}]]`;
    tokenOf.set(keyOf(finding), made);
    valueBy.set(`${finding.kind}_${number}`, value);
    return made;
  }

  function replace(text: string, wanted: (finding: Finding) => boolean): string {
    let hidden = "";
    let from = 0;
    // A token that somebody typed must not come back as another's value.
    const harmless = text.replace(forged, "[");
    for (const finding of findPersonalData(harmless)) {
      if (!wanted(finding)) continue;
      hidden += harmless.slice(from, finding.start) + tokenFor(finding, harmless.slice(finding.start, finding.end));
      from = finding.end;
    }
    return hidden + harmless.slice(from);
  }

  const restore = (text: string) =>
    text.replace(token, (whole, kind: string, number: string) => valueBy.get(`${kind}_${Number(number)}`) ?? whole);

  return {
    hide: (text) => replace(text, () => true),
    hideInPassage: (text) => replace(text, (finding) => secret.has(finding.kind) || tokenOf.has(keyOf(finding))),
    restore,
    restorer() {
      let held = "";
      return {
        push(text) {
          held += text;
          const at = held.search(begun);
          const sure = at < 0 ? held : held.slice(0, at);
          held = at < 0 ? "" : held.slice(at);
          return restore(sure);
        },
        end() {
          const rest = restore(held);
          held = "";
          return rest;
        },
      };
    },
    counts: () => ({ ...counts }),
  };
}
