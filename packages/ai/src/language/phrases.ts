/**
 * What an agent whose owner wrote nothing of their own says when it cannot answer, in the languages customers write most.
 *
 * @module
 */
const fallbacks: Readonly<Record<string, string>> = {
  en: "I'm not certain about that, so I've asked a colleague to help. They will reply to you here.",
  es: "No estoy seguro de eso, así que he pedido ayuda a un compañero. Le responderá aquí.",
  de: "Da bin ich mir nicht sicher und habe daher eine Kollegin oder einen Kollegen um Hilfe gebeten. Sie erhalten die Antwort hier.",
  fr: "Je n'en suis pas certain, j'ai donc demandé l'aide d'un collègue. La réponse vous parviendra ici.",
  it: "Non ne sono certo, quindi ho chiesto aiuto a un collega. Riceverà la risposta qui.",
  pt: "Não tenho certeza sobre isso, por isso pedi ajuda a um colega. A resposta chegará aqui.",
  nl: "Dat weet ik niet zeker, daarom heb ik een collega om hulp gevraagd. U krijgt hier antwoord.",
  tr: "Bundan emin değilim, bu yüzden bir çalışma arkadaşımdan yardım istedim. Yanıtı burada alacaksınız.",
  ru: "Я не уверен в этом, поэтому попросил помощи у коллеги. Вам ответят здесь.",
  zh: "这一点我不太确定，已请同事协助。同事会在这里回复您。",
  ja: "確実なお答えができないため、担当者に確認を依頼しました。こちらで返信いたします。",
  ko: "확실하지 않아 동료에게 도움을 요청했습니다. 이곳으로 답변을 드리겠습니다.",
  ar: "لست متأكدًا من ذلك، لذلك طلبت المساعدة من أحد الزملاء. سيصلك الرد هنا.",
  hi: "मुझे इस बारे में पक्का पता नहीं है, इसलिए मैंने एक सहकर्मी से मदद माँगी है। आपको यहीं उत्तर मिलेगा।",
};

/** The message in the customer's language if it is the one that agents have by default; an owner's own stays as it is. */
export function fallbackIn(language: string | null, message: string): string {
  return message === fallbacks.en ? (fallbacks[language ?? "en"] ?? message) : message;
}
