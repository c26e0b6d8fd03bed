import { describe, expect, it } from "vitest";
import { DocumentError } from "../document-error.ts";
import { decodeText } from "./decode.ts";
import { decodeBytes } from "./decode-bytes.ts";

/** Node can only decode these tables, so the way back is made by decoding every one- and two-byte sequence once. */
function encode(text: string, encoding: string): Uint8Array {
  if (encoding === "utf-16le") return new Uint8Array(Buffer.from(text, "utf16le"));
  if (encoding === "utf-16be") return new Uint8Array(Buffer.from(text, "utf16le").swap16());
  const table = tables.get(encoding) ?? makeTable(encoding);
  return Uint8Array.from([...text].flatMap((character) => table.get(character) ?? fail(character, encoding)));
}

const tables = new Map<string, Map<string, number[]>>();

function makeTable(encoding: string): Map<string, number[]> {
  const table = new Map<string, number[]>();
  tables.set(encoding, table);
  for (let lead = 0xff; lead >= 0; lead--) {
    const single = decodeBytes(Uint8Array.of(lead), encoding);
    for (let trail = 0xff; trail >= 0x30 && lead > 0x80 && single.includes("\uFFFD"); trail--) {
      table.set(decodeBytes(Uint8Array.of(lead, trail), encoding), [lead, trail]);
    }
    if (!single.includes("\uFFFD")) table.set(single, [lead]);
  }
  return table;
}

function fail(character: string, encoding: string): never {
  throw new Error(`${encoding} has no ${character}`);
}

const samples: [string, string][] = [
  ["shift_jis", "氏名,年齢,住所\n田中一郎,30,横浜市\n"],
  ["shift_jis", "カタログ請求"],
  ["euc-jp", "ご注文ありがとうございます。商品の到着まで三日ほどかかります。"],
  ["euc-jp", "返品は可能ですか"],
  ["gb18030", "我们的退货政策是什么？请在三十天内联系客服。"],
  ["gb18030", "订单已经发货"],
  ["big5", "我們的退貨政策是什麼？請在三十天內聯絡客服。"],
  ["euc-kr", "주문하신 상품은 언제 도착하나요?"],
  ["euc-kr", "안녕하세요"],
  ["koi8-r", "Возврат товара возможен в течение 30 дней."],
  ["koi8-r", "КАК ВЕРНУТЬ ТОВАР"],
  ["windows-1251", "Привет, мир"],
  ["windows-1251", "КАК ВЕРНУТЬ ТОВАР"],
  ["windows-1252", "Où est ma commande ? L’été dernier, 20 €"],
  ["windows-1252", "Größe"],
  ["windows-1253", "Πού είναι η παραγγελία μου;"],
  ["utf-16le", "Wo ist meine Bestellung?"],
  ["utf-16be", "Где мой заказ?"],
  ["utf-16be", "我们的退货政策是什么？请联系客服。"],
];

describe("finding out how a text was encoded", () => {
  it.each(samples)("reads %s without being told: %s", (encoding, text) => {
    expect(decodeText(encode(text, encoding))).toEqual({ text, encoding });
  });

  it("takes plain ASCII and valid UTF-8 as UTF-8, with or without a mark", () => {
    const marked = Uint8Array.from([0xef, 0xbb, 0xbf, ...Buffer.from("schön")]);
    expect(decodeText(marked)).toEqual({ text: "schön", encoding: "utf-8" });
    expect(decodeText(Buffer.from("schön"))).toEqual({ text: "schön", encoding: "utf-8" });
    expect(decodeText(Buffer.from("plain"))).toEqual({ text: "plain", encoding: "utf-8" });
  });

  it("does not believe a page that calls its UTF-8 something else, nor one that calls its Latin-1 UTF-8", () => {
    expect(decodeText(Buffer.from("schön"), "iso-8859-1")).toMatchObject({ text: "schön", encoding: "utf-8" });
    expect(decodeText(Buffer.from("schön", "latin1"), "utf-8")).toMatchObject({ text: "schön", encoding: "windows-1252" });
  });

  it("never passes binary data off as text", () => {
    const junk = Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919 + (i >> 3) * 31) % 256);
    expect(() => decodeText(junk)).toThrow(DocumentError);
  });
});
