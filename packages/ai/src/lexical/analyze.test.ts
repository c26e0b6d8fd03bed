import { describe, expect, it } from "vitest";
import { analyze, indexLexemes, latinLanguage, queryLexemes, queryLexemesMax } from "./analyze.ts";
import { quoteLexeme, toTsvector } from "./tsvector.ts";

const lexemes = (text: string) => analyze(text).map(({ lexeme }) => lexeme);
/** The lexemes that two texts share. */
const shared = (one: string, other: string) => lexemes(one).filter((lexeme) => lexemes(other).includes(lexeme));

describe("words that customers and documents spell differently", () => {
  it.each([
    ["English endings", "How do I get refunds?", "A refund is refunded within days."],
    ["English possessives", "the customer’s password", "passwords of customers"],
    ["Spanish endings", "¿Cuáles son las devoluciones?", "La devolución es gratuita para el cliente."],
    ["German endings", "Wie lange dauern die Rückgaben?", "Die Rückgabe ist kostenlos."],
    ["Russian endings", "Как оформить возврат товаров?", "Возврата товара нет."],
    ["Turkish endings", "Kitapları nerede bulabilirim?", "Bu kitap çok güzel."],
    ["Arabic articles", "أين كلمة المرور؟", "مرور"],
    ["Hindi endings", "मेरे खातों में", "यह खाता है"],
    ["Chinese inside a sentence", "我忘记了密码怎么办", "重置密码的方法"],
    ["Japanese inside a sentence", "パスワードを忘れました", "パスワードの再設定"],
    ["Korean particles", "비밀번호를 어떻게 변경하나요?", "비밀번호는 설정에서 변경할 수 있습니다."],
    ["Japanese kana and kanji mixed", "返品できますか", "商品の返品は30日以内に"],
    ["traditional Chinese", "為什麼我的訂單還沒到", "訂單通常三天內送達"],
    ["Thai without spaces", "ฉันจะเปลี่ยนรหัสผ่านได้อย่างไร", "การเปลี่ยนรหัสผ่านทำได้ในหน้าตั้งค่า"],
    ["Hebrew articles and plurals", "איך להחזיר את המוצר?", "מוצרים חדשים"],
    ["Hebrew letters at a word's end", "מתי התשלום?", "תשלומים בכרטיס"],
    ["Arabic prefixes", "كيف أسترجع بالمنتجات؟", "المنتج جديد"],
    ["full-width letters", "ＷｉＦｉ", "wifi"],
    ["accents that are left out", "café menu", "the cafe"],
    ["a hyphen after one letter", "my e-mail", "your email address"],
    ["numbers with separators", "1,000 dollars", "pay 1000 now"],
  ])("meet in the index: %s", (_, question, document) => {
    expect(shared(question, document).length).toBeGreaterThan(0);
  });

  it("are known by the dictionary in Thai, though their vowels can be written in two ways", () => {
    for (const am of ["\u0E33", "\u0E4D\u0E32"]) expect(lexemes(`การเปลี่ยนรหัสผ่านท${am}ได้ในหน้า`)).toContain("ผ่าน");
  });

  it("do not meet by words that say nothing", () => {
    for (const [one, other] of [
      ["What is the and of it?", "This is the one and of it."],
      ["¿Qué es lo que es?", "Es lo que es"],
      ["Was ist das?", "Das ist was."],
    ] as const) {
      expect(shared(one, other)).toEqual([]);
    }
  });

  it("are read in the language that their small words show", () => {
    expect(latinLanguage("Wie lange dauert die Lieferung?")).toBe("de");
    expect(latinLanguage("¿Cuánto tarda el envío?")).toBe("es");
    expect(latinLanguage("Kargo ne kadar sürer?")).toBe("tr");
    expect(latinLanguage("Xylophone")).toBe("en");
  });

  it("keep their places, so that words side by side can be told", () => {
    expect(analyze("reset the password")).toEqual([
      { lexeme: "reset", position: 1 },
      { lexeme: "password", position: 3 },
    ]);
  });

  it("are cut to what an index can hold", () => {
    expect(lexemes("x".repeat(5000))).toEqual(["x".repeat(100)]);
  });

  it("are nothing for texts without words", () => {
    for (const text of ["", "   ", "?!…", "\u0000", "🎉🎉"]) expect(analyze(text)).toEqual([]);
  });
});

describe("a question's lexemes", () => {
  it("count twice when a message of the same customer came before", () => {
    const weights = Object.fromEntries(
      queryLexemes("And the price of premium?", "Tell me about premium support").map(({ lexeme, weight }) => [lexeme, weight]),
    );
    expect(weights).toMatchObject({ price: 2, premium: 3, support: 1 });
  });

  it("are bounded, however long the message", () => {
    const long = Array.from({ length: 5000 }, (_, index) => `word${index}`).join(" ");
    expect(queryLexemes(long)).toHaveLength(queryLexemesMax);
  });
});

describe("the index of a chunk", () => {
  it("counts title and headings twice, after the text", () => {
    const { tsvector, length } = indexLexemes("Refunds", ["Delays"], "Money returns quickly.");
    expect(length).toBe(7);
    expect(tsvector.split(" ").sort()).toEqual(["'delay':5,7", "'money':1", "'quick':3", "'refund':4,6", "'return':2"].sort());
  });

  it("stays within what PostgreSQL takes, whatever the text", () => {
    const many = toTsvector(
      Array.from({ length: 40_000 }, (_, index) => ({ lexeme: index % 2 ? "often" : `w${index}`, position: index + 1 })),
    );
    const often = /'often':([\d,]+)/.exec(many)?.[1]?.split(",").map(Number) ?? [];
    expect(often.length).toBeLessThanOrEqual(255);
    expect(Math.max(...(many.match(/\d+(?=[ ,]|$)/g) ?? []).map(Number))).toBeLessThanOrEqual(16_383);
    expect(Buffer.byteLength(many)).toBeLessThan(1024 * 1024);
    expect(toTsvector([{ lexeme: "x".repeat(3000), position: 1 }])).toBe("");
    expect(toTsvector([{ lexeme: "a\u0000b", position: 1 }])).toBe("'ab':1");
  });

  it("quotes what would end a lexeme early", () => {
    expect(quoteLexeme("it's a \\ b")).toBe("'it''s a \\\\ b'");
  });
});
