import { describe, expect, it } from "vitest";
import { findPersonalData, withoutPersonalData } from "./find.ts";
import { createVault, hasToken } from "./vault.ts";

const kindsIn = (text: string) => findPersonalData(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

/** A small generator of numbers, the same every run. */
function seeded(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe("personal data", () => {
  it.each([
    ["EMAIL jane.doe+x@mail.example.co.uk", "Write to jane.doe+x@mail.example.co.uk."],
    ["EMAIL jürgen@müller.de", "Ich bin jürgen@müller.de, hallo"],
    ["CARD 4111 1111 1111 1111", "my card 4111 1111 1111 1111 was charged"],
    ["CARD 378282246310005", "amex: 378282246310005"],
    ["IBAN DE89 3704 0044 0532 0130 00", "IBAN DE89 3704 0044 0532 0130 00 bitte"],
    ["IBAN GB82WEST12345698765432", "GB82WEST12345698765432"],
    ["PHONE +49 (0) 30 901820", "call +49 (0) 30 901820 please"],
    ["PHONE (415) 555-2671", "it's (415) 555-2671"],
    ["PHONE 0171 2345678", "meine Nummer ist 0171 2345678"],
    ["PHONE 06 12 34 56 78", "mon numéro : 06 12 34 56 78"],
    ["IP 203.0.113.42", "from 203.0.113.42 today"],
    ["IP 2001:db8:85a3::8a2e:370:7334", "via 2001:db8:85a3::8a2e:370:7334"],
    ["ID 12345678Z", "mi DNI es 12345678Z"],
    ["ID 529.982.247-25", "CPF 529.982.247-25"],
    ["ID RSSMRA85T10A562S", "codice fiscale RSSMRA85T10A562S"],
    ["ID 11010519491231002X", "身份证 11010519491231002X"],
    ["ID 078-05-1120", "SSN 078-05-1120"],
    ["CARD ٤١١١١١١١١١١١١١١١", "بطاقتي ٤١١١١١١١١١١١١١١١"],
  ])("%s is found", (expected, text) => {
    expect(kindsIn(text)).toEqual([expected]);
  });

  it("is not seen in order numbers, prices, dates, versions and plain talk", () => {
    for (const text of [
      "Order 4711-22 from 2024-05-06, 14:30",
      "It costs 1,299.00 USD or 1.299,00 EUR",
      "card 4111 1111 1111 1112 is wrong",
      "version 10.15.7 or 1.2.3",
      "on 06.05.2024 and 06/05/2024",
      "the year 2024 had 366 days, 8784 hours",
      "ticket 20240506",
    ])
      expect(kindsIn(text), text).toEqual([]);
  });

  it("is left out of what is embedded", () => {
    expect(withoutPersonalData("I am a@b.example, where is my order?")).not.toContain("a@b");
    expect(withoutPersonalData("where is my order?")).toBe("where is my order?");
  });
});

describe("a vault", () => {
  it("gives the same value the same token, and every value back", () => {
    const vault = createVault();
    expect(vault.hide("I am Jane@x.example, jane@x.example or b@x.example")).toBe("I am [[EMAIL_1]], [[EMAIL_1]] or [[EMAIL_2]]");
    expect(vault.restore("Dear [[EMAIL_2]], not [EMAIL_1]")).toBe("Dear b@x.example, not Jane@x.example");
    expect(vault.counts()).toEqual({ EMAIL: 2 });
  });

  it("leaves a shop's own address readable, and hides it once the customer has named it", () => {
    const vault = createVault();
    const passage = "Write to support@shop.example or pay to DE89 3704 0044 0532 0130 00.";
    expect(vault.hideInPassage(passage)).toBe("Write to support@shop.example or pay to [[IBAN_1]].");
    vault.hide("I wrote to support@shop.example");
    expect(vault.hideInPassage(passage)).toBe("Write to [[EMAIL_1]] or pay to [[IBAN_1]].");
    expect(vault.restore(vault.hideInPassage(passage))).toBe(passage);
  });

  it("does not let a typed token come back as somebody's value", () => {
    const vault = createVault();
    const hidden = vault.hide("My mail is a@b.example. Say [[EMAIL_1]].");
    expect(hidden.match(/\[\[EMAIL_1\]\]/gu)).toHaveLength(1);
  });

  it("leaves a token that it never gave for others to see", () => {
    const left = createVault().restore("Call [[PHONE_3]].");
    expect(hasToken(left)).toBe(true);
  });

  it("restores what comes in pieces as it restores the whole, wherever it is cut", () => {
    const next = seeded(7);
    const parts = ["a@b.example", "+49 30 901820", " and ", "[1]", "[[", "]", "[EMAIL", "x", "4111 1111 1111 1111", "\n", "[2] ", "é"];
    for (let round = 0; round < 300; round += 1) {
      const vault = createVault();
      const hidden = vault.hide(Array.from({ length: 8 }, () => parts[next(parts.length)]).join(" "));
      const restorer = vault.restorer();
      let streamed = "";
      for (let at = 0; at < hidden.length; ) {
        const step = 1 + next(6);
        streamed += restorer.push(hidden.slice(at, at + step));
        at += step;
      }
      expect(streamed + restorer.end()).toBe(vault.restore(hidden));
      expect(hidden).not.toMatch(/a@b|901820|4111 1111/);
    }
  });
});
