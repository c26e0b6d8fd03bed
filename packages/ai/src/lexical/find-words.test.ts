import { describe, expect, it } from "vitest";
import { analyze, latinLanguage, lexemesOfWord } from "./analyze.ts";
import { placesOf, wordsToFind } from "./find-words.ts";

const texts = [
  "Where is my parcel? The tracking number AX-20931 shows nothing, and I can't reach anybody.",
  "Wo bleibt meine Bestellung? Die Rechnungen habe ich schon bezahlt, aber das Paket ist nicht angekommen.",
  "¿Dónde están mis devoluciones? Todavía no he recibido los reembolsos de la semana pasada.",
  "Je n'ai pas reçu les chaussures que j'ai commandées pour l'anniversaire de ma fille.",
  "Siparişim hâlâ gelmedi, İstanbul'daki depodan çıkmış görünüyor.",
  "Где мой заказ? Деньги за возврат не пришли.",
  "注文した靴がまだ届きません。返金してください。",
];
const lexemesIn = (text: string) => new Set(analyze(text).map(({ lexeme }) => lexeme));
const finds = (query: string, text: string) => wordsToFind(query).every((choice) => choice.some((lexeme) => lexemesIn(text).has(lexeme)));

describe("words that somebody types", () => {
  it("find every text that they stand in, whatever its language", () => {
    const missed = texts.flatMap((text) =>
      // An apostrophe is part of its word, as it is for `analyze`: "l'anniversaire" is found as it is written, and not by its noun.
      (text.match(/[\p{L}\p{N}'’]{3,}/gu) ?? []).filter((word) => !isStop(word, text) && !finds(word, text)),
    );
    expect(missed).toEqual([]);
  });

  it("find other forms of them in the language of the text", () => {
    expect(finds("rechnung", texts[1] ?? "")).toBe(true);
    expect(finds("parcels", texts[0] ?? "")).toBe(true);
    expect(finds("refund", texts[0] ?? "")).toBe(false);
  });

  it("need not say the small words among them", () => {
    expect(finds("the parcel of my dog", texts[0] ?? "")).toBe(false);
    expect(finds("the parcel", texts[1] ?? "")).toBe(false);
    expect(finds("where is the parcel", texts[0] ?? "")).toBe(true);
    expect(wordsToFind("  …  ")).toEqual([]);
    expect(wordsToFind("word ".repeat(500))).toHaveLength(1);
  });

  it("are shown where they stand", () => {
    const text = "Refunds: a refund takes 5 days. Refunded!";
    const found = placesOf(text, new Set(wordsToFind("refund").flat()));
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual(["Refunds", "refund", "Refunded"]);
  });
});

/** Left out of the text as a word that says nothing. */
function isStop(word: string, text: string): boolean {
  return lexemesOfWord(word, latinLanguage(text)).length === 0;
}
