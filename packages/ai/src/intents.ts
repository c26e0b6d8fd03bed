/**
 * The few messages that need no knowledge: a customer who asks for a person, a greeting, thanks. Patterns, and narrow ones:
 * a wrong "wants a person" costs an agent's time, a missed one only a search.
 *
 * @module
 */

/** What a message is read up to; a request for a person stands early. */
const readCharsMax = 600;

const person =
  "(?:human(?: being)?|person|agent|representative|rep|operator|supervisor|manager|advis[eo]r|someone|somebody|people|team member)";
const staff = "(?:(?:customer|technical|tech) )?(?:support|service|care)(?: (?:agent|team|person|representative|rep|staff))?";
const article = "(?:an? |the |your |another |some |any )?";
const kind = "(?:real |live |actual |human |proper |customer |support |service |sales |different )*";
const asking =
  "(?:^|[.!?,;:]\\s*|\\b(?:i|we|me|please|just|(?:want|need|like|love|prefer|wish|have|able|possible|rather|trying) to)\\s+(?:just |really |please |rather )*)";

const wantsPersonPatterns: readonly RegExp[] = [
  // English
  new RegExp(`${asking}(?:talk|speak|chat) (?:to|with) ${article}${kind}(?:${person}|${staff})\\b`),
  new RegExp(
    `\\b(?:connect|transfer|forward|escalate|pass|hand|put|redirect) me (?:over |through |back )?(?:to|with) ${article}${kind}(?:${person}|${staff})\\b`,
  ),
  new RegExp(
    `\\b(?:i (?:just )?(?:want|need|prefer|demand)|i'?d (?:like|prefer)|give me|get me|can i (?:get|have)) (?:an? )(?:(?:real|live|actual|human) )+${person}\\b`,
  ),
  /\b(?:i (?:just )?(?:want|need)|give me|get me) an? human\b/,
  new RegExp(`^(?:${kind}(?:human|representative|operator)|(?:real|live|actual|human) ${person})(?: please| now)?[.!?]*$`),
  // Spanish, Portuguese, Italian, French
  /\b(?:hablar|comunicarme|contactarme|chatear|p[óo]n(?:ga)?me|conectarme) con (?:un[ao]? |alg[úu]n[ao]? |el |la )?(?:personas?|humano|ser humano|agente|representante|operador[a]?|asesor[a]?|alguien|gerente)(?![\p{L}])/u,
  /\b(?:quiero|necesito) (?:un |una )(?:humano|persona real|agente humano)(?![\p{L}])/u,
  /\bfalar com (?:um[a]? |algum[a]? |o |a )?(?:pessoa|humano|atendente|agente|representante|operador[a]?|algu[ée]m)(?![\p{L}])/u,
  /\bparlare con (?:un[ao]? |un'|l')?(?:persona|umano|essere umano|operatore|operatrice|agente|qualcuno|consulente)(?![\p{L}])/u,
  /\b(?:parler|discuter|[ée]changer) (?:[àa]|avec) (?:un[e]? |l'|le )?(?:vrai[e]? )?(?:humain|[êe]tre humain|personne|conseill[eè]re?|agent|op[ée]rateur|repr[ée]sentant|quelqu'un)(?![\p{L}])/u,
  // German, Dutch
  /\bmit (?:einem |einer |'nem )?(?:echten |richtigen |menschlichen |realen )?(?:mensch(?:en)?|mitarbeiter(?:in)?|person|berater(?:in)?|kundenberater(?:in)?|jemand(?:em)?) (?:sprechen|reden|chatten|verbinden|verbunden)/u,
  /\b(?:met )?(?:een |iemand )?(?:echte |echt )?(?:mens|medewerker|persoon|iemand) (?:spreken|praten|chatten)\b/,
  // Turkish, Russian
  /(?:insanla|temsilciyle|temsilci ile|temsilcisiyle|temsilcisi ile|temsilcisine|temsilciye|yetkiliyle|yetkili ile|yetkiliye) (?:g[öo]r[üu][şs]|konu[şs]|ba[ğg]la)/u,
  /(?:поговорить|пообщаться|говорить|связаться|соедините|свяжите|переключите|переведите|позовите)(?: меня)?(?: с| на)? (?:(?:живым|реальным|настоящим|живого) )?(?:человек|оператор|сотрудник|менеджер|специалист|консультант)/u,
  /^(?:оператор|живой человек|позовите человека)[.!]*$/u,
  // Chinese, Japanese, Korean
  /(?:转|接|找|要|联系|聯繫|轉)(?:到|个|個|一个|一下)?(?:人工|真人|客服人员|客服人員)|^(?:人工|人工客服|人工服务|真人客服)[。!！]?$|(?:和|跟|与)(?:真人|人工客服|客服人员|人工)(?:说话|聊|谈|交谈|沟通|对话)/u,
  /(?:人間|担当者|担当の方|オペレーター|スタッフ|人)(?:の方)?(?:と|に)(?:直接)?(?:話|はな|お話|つない|繋|代わ|かわ|替わ|チャットし)/u,
  /(?:상담원|상담사|사람|직원)(?:이랑|과|와|하고|에게|한테)? ?(?:연결|통화|대화|얘기|이야기|상담)(?:해|하고|할|을| )/u,
  // Arabic, Hindi
  /(?:التحدث|التكلم|أتحدث|اتحدث|أتكلم|اتكلم|التواصل|حولني|تحويلي)(?: مع| إلى| الى)? (?:شخص|موظف|إنسان|انسان|ممثل|وكيل|بشري)/u,
  /(?:इंसान|व्यक्ति|एजेंट|प्रतिनिधि|आदमी|किसी) से (?:[\p{L}\p{M}]+ ){0,2}?बात/u,
];
const unwanted =
  /\b(?:don'?t|do not|didn'?t|doesn'?t|without|rather not|never|no need|instead of|nicht|sin|sans|senza|sem|zonder)\b[^.!?,;]{0,25}$/u;

/** True when the customer asks to talk to a person. Talking about persons ("how do I add an agent?") is not asking. */
export function wantsPerson(message: string): boolean {
  const text = message.slice(0, readCharsMax).normalize("NFKC").toLowerCase().replaceAll("’", "'").replace(/\s+/gu, " ").trim();
  return wantsPersonPatterns.some((pattern) => {
    const found = pattern.exec(text);
    return found !== null && !unwanted.test(text.slice(0, found.index)) && !unwanted.test(found[0]);
  });
}

/** What people write before a question and after it, which is not what they ask. */
const salutation =
  /^\s*(?:(?:hi|hello|hey|hiya|greetings|dear|good (?:morning|afternoon|evening|day)|hallo|guten (?:tag|morgen|abend)|moin|servus|sehr geehrte|liebes|hola|buenas|buenos d[ií]as|buenas (?:tardes|noches)|bonjour|bonsoir|salut|ciao|buongiorno|buonasera|salve|ol[aá]|oi|bom dia|boa (?:tarde|noite)|goedemorgen|goedemiddag|goedenavond|hoi|merhaba|selam|iyi günler|привет|здравствуйте|добрый (?:день|вечер)|مرحبا|السلام عليكم|नमस्ते|नमस्कार)(?: (?!how|what|where|when|why|who|which|can|could|do|does|is|are|i|my|we)[\p{L}.]+){0,3}|你好|您好|こんにちは)\s*[,!.。，、！:;–—\n-]+\s*/iu;
const openSalutation =
  /^\s*(?:hi|hello|hey)(?: there| all| team| everyone| guys)?\s+(?=(?:how|what|where|when|why|who|which|can|could|would|do|does|did|is|are|i|i'?m|my|we|please|there is)\b)/iu;
const farewell =
  /(?<=[.!?,。！？\n])\s*(?:(?:many |kind |best |warm )*(?:thanks|thank you|thx|cheers|regards)|(?:vielen |besten |herzlichen )?dank|danke|(?:viele|freundliche|liebe|beste) grüße|(?:muchas )?gracias|saludos|merci(?: beaucoup| d'avance)?|cordialement|grazie(?: mille)?|obrigad[oa]|bedankt|teşekkürler|спасибо|谢谢|ありがとうございます|شكرا|धन्यवाद)[^?？؟]{0,40}$/iu;
/** A question keeps at least this much of itself. */
const bareCharsMin = 4;

/** The message without its greeting and its thanks; the message itself when nothing else would be left. */
export function bareQuestion(message: string): string {
  const bare = message.replace(salutation, "").replace(openSalutation, "").replace(farewell, "").trim();
  return bare.length >= bareCharsMin && /\p{L}/u.test(bare) ? bare : message;
}

export interface SmallTalk {
  kind: "greeting" | "thanks" | "goodbye";
  /** What a polite agent says to it, in the language it was said in. */
  reply: string;
}

interface Phrases {
  greeting: readonly [RegExp, string];
  thanks: readonly [RegExp, string];
  goodbye: readonly [RegExp, string];
}

/** Whole messages only, spelled without punctuation. */
const phrases: readonly Phrases[] = [
  {
    greeting: [
      /^(?:(?:hi|hello|hey|hiya|howdy|greetings|good (?:morning|afternoon|evening|day))(?: (?:there|all|team|everyone|again))?)(?: (?:how are you|how are you doing|how is it going))?(?: today)?$/,
      "Hello! How can I help you?",
    ],
    thanks: [
      /^(?:ok(?:ay)? |great |perfect |awesome |cool |alright |got it )?(?:many thanks|thanks|thank you|thx|ty|cheers)(?: (?:so much|very much|a lot|a bunch|again|for (?:your|the|all your) help|that helps|that helped))*(?: (?:bye|goodbye))?$/,
      "You're welcome! Is there anything else I can help with?",
    ],
    goodbye: [
      /^(?:bye|goodbye|bye bye|see you|see ya|have a (?:nice|good|great) (?:day|one|evening|weekend))$/,
      "Goodbye, and have a nice day!",
    ],
  },
  {
    greeting: [/^(?:hola|buenas|buenos d[ií]as|buenas (?:tardes|noches))(?: qu[eé] tal)?$/u, "¡Hola! ¿En qué puedo ayudarte?"],
    thanks: [/^(?:muchas |mil )?gracias(?: por (?:tu|su|la) ayuda)?$/u, "¡De nada! ¿Puedo ayudarte en algo más?"],
    goodbye: [/^(?:adi[oó]s|hasta luego|chao|chau)$/u, "¡Hasta luego, que tengas un buen día!"],
  },
  {
    greeting: [
      /^(?:hallo|guten (?:tag|morgen|abend)|moin|servus|gr[uü](?:ß|ss) gott)(?: zusammen)?$/u,
      "Hallo! Wie kann ich Ihnen helfen?",
    ],
    thanks: [
      /^(?:vielen |herzlichen |besten )?dank(?:e)?(?: sch[oö]n| sehr| f[uü]r (?:ihre|deine|die) hilfe)?$|^dankesch[oö]n$/u,
      "Gern geschehen! Kann ich sonst noch helfen?",
    ],
    goodbye: [/^(?:tsch[uü]ss|auf wiedersehen|bis bald)$/u, "Auf Wiedersehen und einen schönen Tag!"],
  },
  {
    greeting: [/^(?:bonjour|salut|bonsoir|coucou)(?: [àa] tous)?$/u, "Bonjour ! Comment puis-je vous aider ?"],
    thanks: [/^(?:un grand )?merci(?: beaucoup| bien| pour votre aide)?$/u, "Avec plaisir ! Puis-je vous aider pour autre chose ?"],
    goodbye: [/^(?:au revoir|[àa] bient[oô]t|bonne journ[eé]e)$/u, "Au revoir et bonne journée !"],
  },
  {
    greeting: [/^(?:ciao|buongiorno|buonasera|salve)$/, "Buongiorno! Come posso aiutarla?"],
    thanks: [/^(?:molte |tante )?grazie(?: mille| per l'aiuto)?$/, "Prego! Posso aiutarla in altro?"],
    goodbye: [/^(?:arrivederci|a presto)$/, "Arrivederci e buona giornata!"],
  },
  {
    greeting: [/^(?:ol[aá]|oi|bom dia|boa (?:tarde|noite))(?: tudo bem)?$/u, "Olá! Como posso ajudar?"],
    thanks: [/^(?:muito )?obrigad[oa](?: pela ajuda)?$/, "De nada! Posso ajudar em mais alguma coisa?"],
    goodbye: [/^(?:tchau|at[eé] logo|adeus)$/u, "Até logo e tenha um bom dia!"],
  },
  {
    greeting: [/^(?:goedemorgen|goedemiddag|goedenavond|hoi|hallo daar)$/, "Hallo! Waarmee kan ik u helpen?"],
    thanks: [/^(?:dank (?:je|u)(?: wel)?|bedankt|hartelijk dank)$/, "Graag gedaan! Kan ik nog iets voor u doen?"],
    goodbye: [/^(?:tot ziens|doei)$/, "Tot ziens en een fijne dag!"],
  },
  {
    greeting: [/^(?:merhaba(?:lar)?|selam|g[uü]nayd[ıi]n|iyi (?:g[uü]nler|ak[sş]amlar))$/u, "Merhaba! Size nasıl yardımcı olabilirim?"],
    thanks: [
      /^(?:[cç]ok )?(?:te[sş]ekk[uü]r(?:ler| ederim)|sa[gğ] ?ol(?:un)?)$/u,
      "Rica ederim! Başka bir konuda yardımcı olabilir miyim?",
    ],
    goodbye: [/^(?:ho[sş][cç]a kal(?:[ıi]n)?|g[oö]r[uü][sş][uü]r[uü]z)$/u, "Hoşça kalın, iyi günler!"],
  },
  {
    greeting: [/^(?:привет|здравствуйте|добрый (?:день|вечер)|доброе утро)$/u, "Здравствуйте! Чем могу помочь?"],
    thanks: [/^(?:большое |огромное )?(?:спасибо|благодарю)(?: большое| вам| за помощь)?$/u, "Пожалуйста! Могу ли я помочь чем-то ещё?"],
    goodbye: [/^(?:пока|до свидания)$/u, "До свидания, хорошего дня!"],
  },
  {
    greeting: [/^(?:你好|您好|嗨|哈喽|早上好|下午好|晚上好)[啊呀吗]?$/u, "您好！请问有什么可以帮您？"],
    thanks: [/^(?:非常)?(?:谢谢|多谢|感谢)(?:你|您|了)?$/u, "不客气！还有什么可以帮您的吗？"],
    goodbye: [/^(?:再见|拜拜)$/u, "再见，祝您愉快！"],
  },
  {
    greeting: [/^(?:こんにちは|こんばんは|おはよう(?:ございます)?)$/u, "こんにちは。どのようなご用件でしょうか？"],
    thanks: [/^(?:どうも)?ありがとう(?:ございます|ございました)?$/u, "どういたしまして。ほかにご質問はありますか？"],
    goodbye: [/^(?:さようなら|失礼します)$/u, "ご利用ありがとうございました。"],
  },
  {
    greeting: [/^(?:مرحبا(?:ً)?|السلام عليكم|أهلا(?:ً)?|صباح الخير|مساء الخير)$/u, "مرحباً! كيف يمكنني مساعدتك؟"],
    thanks: [/^(?:شكرا(?:ً)?)(?: (?:جزيلا(?:ً)?|لك|لكم))*$/u, "على الرحب والسعة! هل يمكنني مساعدتك في شيء آخر؟"],
    goodbye: [/^(?:مع السلامة|إلى اللقاء)$/u, "مع السلامة!"],
  },
  {
    greeting: [/^(?:नमस्ते|नमस्कार|हैलो|हेलो)$/u, "नमस्ते! मैं आपकी क्या मदद कर सकता हूँ?"],
    thanks: [/^(?:बहुत )?(?:बहुत )?(?:धन्यवाद|शुक्रिया)$/u, "आपका स्वागत है! क्या मैं कुछ और मदद कर सकता हूँ?"],
    goodbye: [/^(?:अलविदा|फिर मिलेंगे)$/u, "अलविदा, आपका दिन शुभ हो!"],
  },
];

/** The polite reply to a message that is nothing but a greeting, thanks or a goodbye; null for everything else. */
export function smallTalk(message: string): SmallTalk | null {
  if (message.length > 80) return null;
  const text = message
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll("’", "'")
    .replace(/[^\p{L}\p{M}\p{N}' ]+/gu, " ")
    .replace(/\s+/gu, " ")
    .trim();
  for (const language of phrases) {
    for (const kind of ["greeting", "thanks", "goodbye"] as const) {
      if (language[kind][0].test(text)) return { kind, reply: language[kind][1] };
    }
  }
  return null;
}
