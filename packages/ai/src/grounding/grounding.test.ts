import { describe, expect, it } from "vitest";
import { groundingOf } from "./grounding.ts";
import { splitSentences } from "./sentences.ts";
import type { GroundingInput } from "./sources.ts";

const passage = (index: number, text: string, title = "Help") => ({ index, title, headingPath: [], text });
const shop: GroundingInput = {
  passages: [
    passage(
      1,
      "Returns are accepted within 30 days of delivery. Worn shoes cannot be returned. Write to returns@shop.example or see https://shop.example/returns.",
      "Returns",
    ),
    passage(2, "Shipping to Germany takes two days and costs $4.50. We are open until 17:00.", "Shipping"),
  ],
};
/** What is wrong with each sentence. */
const faults = (text: string, input: GroundingInput = shop) => groundingOf(text, input).sentences.map(({ fault }) => fault);

describe("a sentence of an answer", () => {
  it.each([
    "Returns are accepted within 30 days of delivery [1].",
    "You can return it within 30 days [1].",
    "Yes, returns are accepted within thirty days of delivery [1].",
    "Shipping to Germany takes 2 days and costs $4.5 [2].",
    "We are open until 5 pm [2].",
    "Write to returns@shop.example [1].",
    "Worn shoes can't be returned [1].",
    "1. Shipping to Germany takes two days [2].",
  ])("is borne out: %s", (text) => {
    expect(groundingOf(text, shop)).toMatchObject({ claims: 1, supported: 1, unsupported: [] });
  });

  it.each([
    ["number", "Returns are accepted within 90 days of delivery [1]."],
    ["number", "Shipping to Germany takes two days and costs $5 [2]."],
    ["link", "Write to refunds@shop.example [1]."],
    ["link", "Returns: see https://evil.example/returns?x=1 [1]."],
    ["words", "Gift vouchers never expire and can be topped up online [1]."],
    ["code", "Returns are accepted within 30 days with voucher SAVE-2024-X [1]."],
    ["negation", "Worn shoes can be returned [1]."],
    ["token", "Write to [[EMAIL_9]] about returns [1]."],
  ])("is not, by its %s: %s", (fault, text) => {
    expect(faults(text)).toEqual([fault]);
  });

  it("needs no source when it only is polite, asks back or announces", () => {
    const text = "Hello there! I'm sorry to hear that. Which shoes are they? Let me know if you need anything else. Gern geschehen!";
    expect(groundingOf(text, shop)).toMatchObject({ claims: 0, unsupported: [] });
  });

  it("may repeat the customer's own order number, and not their wish", () => {
    const asked = { ...shop, question: "Can I return order 88123 after 90 days?" };
    expect(faults("Order 88123 can be returned within 30 days of delivery [1].", asked)).toEqual([null]);
    expect(faults("Yes, returns are accepted within 90 days of delivery [1].", asked)).toEqual(["number"]);
    expect(faults("No, 90 days is too late: returns are accepted within 30 days of delivery [1].", asked)).toEqual([null]);
  });

  it("in another language than its passage is held to its numbers, links and codes", () => {
    expect(faults("Rückgaben werden innerhalb von 30 Tagen nach der Lieferung angenommen [1].")).toEqual([null]);
    expect(faults("Rückgaben werden innerhalb von 90 Tagen nach der Lieferung angenommen [1].")).toEqual(["number"]);
    expect(faults("配送到德国需要两天，费用为4.50美元 [2]。")).toEqual([null]);
    expect(faults("配送到德国需要九天 [2]。")).toEqual([null]);
    expect(faults("配送到德国需要9天 [2]。")).toEqual(["number"]);
  });

  it("is judged in Chinese, Japanese, Russian, Arabic and Hindi like in English", () => {
    for (const [text, right, wrong] of [
      ["退货须在收货后30天内申请。", "您可以在收货后30天内申请退货 [1]。", "礼品卡永久有效，可以在线充值 [1]。"],
      [
        "返品は商品到着後30日以内に受け付けます。",
        "返品は到着後30日以内に受け付けます [1]。",
        "ギフトカードに有効期限はなく店舗で使えます [1]。",
      ],
      [
        "Возврат принимается в течение 30 дней после доставки.",
        "Возврат принимается в течение 30 дней [1].",
        "Подарочные карты действуют бессрочно во всех магазинах [1].",
      ],
      [
        "يتم قبول المرتجعات خلال 30 يوما من التسليم.",
        "تقبل المرتجعات خلال 30 يوما من التسليم [1].",
        "بطاقات الهدايا صالحة للأبد في جميع المتاجر [1].",
      ],
      [
        "डिलीवरी के 30 दिनों के भीतर वापसी स्वीकार की जाती है।",
        "वापसी 30 दिनों के भीतर स्वीकार की जाती है [1]।",
        "उपहार कार्ड हमेशा सभी दुकानों में मान्य रहते हैं [1]।",
      ],
    ] as const) {
      const input = { passages: [passage(1, text, "")] };
      expect(faults(right, input), right).toEqual([null]);
      expect(faults(wrong, input), wrong).toEqual(["words"]);
    }
  });
});

describe("sentences", () => {
  it("lose no character and keep their citations", () => {
    for (const text of [
      "Within 30 days. [1] Refunds take a week [2]. Bye",
      "- One [1]\n- Two, e.g. shoes [2].\n\nDr. Smith pays 3.50 € today! [1][2]  Ok?",
      "三十天内。[1]之后不行。[2]",
      "",
      " [1]",
    ])
      expect(splitSentences(text).join("")).toBe(text);
    expect(splitSentences("Within 30 days. [1] Refunds take a week [2].")).toEqual(["Within 30 days. [1] ", "Refunds take a week [2]."]);
  });
});
