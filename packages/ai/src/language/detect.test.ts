import { describe, expect, it } from "vitest";
import { detectLanguage } from "./detect.ts";

describe("the language of a short message", () => {
  it.each([
    ["de", "wo ist meine bestellung"],
    ["de", "Wie lange habe ich Zeit, etwas zurückzugeben?"],
    ["es", "no puedo entrar en mi cuenta"],
    ["fr", "Comment changer mon adresse de livraison ?"],
    ["it", "vorrei restituire un articolo"],
    ["pt", "Como faço para devolver um produto?"],
    ["nl", "Hoe lang duurt de bezorging?"],
    ["tr", "şifremi unuttum"],
    ["en", "how long is shipping to Germany"],
    ["pl", "Gdzie jest moje zamówienie?"],
    ["ru", "где мой заказ"],
    ["ar", "أين طلبي؟"],
    ["hi", "मेरा ऑर्डर कहाँ है"],
    ["zh", "我的订单在哪里"],
    ["ja", "注文はどこですか"],
    ["ko", "제 주문은 어디에 있나요"],
    ["vi", "Đơn hàng của tôi ở đâu?"],
  ])("%s: %s", (language, text) => {
    expect(detectLanguage(text)).toBe(language);
  });

  it("is unknown when the text does not show it, and is not told from addresses, links or tokens", () => {
    for (const text of ["", "12345", "iPhone 15", "https://the.example/and/of", "a@the.example", "[[EMAIL_1]]", "?!"])
      expect(detectLanguage(text), text).toBeNull();
  });
});
