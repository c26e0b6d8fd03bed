/**
 * Finds passages that give orders to the model instead of telling customers something: "ignore your instructions", chat
 * markup, hidden letters. Such a passage is no source, since what it orders to say would else be borne out by the order.
 *
 * A list of patterns and not more: it lowers the number of attacks that reach the model, and what it misses meets the
 * checks of the answer. It is kept narrow, because a passage that it takes out is lost to customers.
 *
 * @module
 */

/** Letters with a blank after each. */
const apart = /(?<![\p{L}])(?:\p{L} ){5,}\p{L}(?![\p{L}])/u;
/** Text that is looked at, in characters; chunks are shorter. */
const readCharsMax = 20_000;
/** Encoded runs of at least this many characters are decoded and looked at too. */
const encodedRun = /[A-Za-z0-9+/]{24,}={0,2}/gu;

const rules = "(?:instructions|rules|prompts?|guidelines|directives|output format|programming)";
const which = "(?:all|any|previous|prior|above|earlier|preceding|system|your)";
const model = "(?:ai(?: assistants?)?|a\\.i\\.|assistants?|chat ?bots?|llms?|language models?|gpt)";
const speak =
  "(?:say|print|output|reply|respond|answer|write|show|repeat|spell|encode|hide|call|cite|execute|follow|ignore|disregard|reveal|translate|override|return|begin|confirm|display|include|tell)";

/** In English, of text in small letters with single blanks. */
const orders: readonly RegExp[] = [
  // "Ignore the previous step" is for people; what only a model has is rules that somebody gave it before.
  new RegExp(`\\b(?:ignore|disregard|forget|override|bypass|overrule)\\b[^.!?]{0,20}\\b${which}\\b[^.!?]{0,20}\\b(?:${rules})\\b`),
  new RegExp(`\\b(?:ignore|disregard|forget) (?:your|the) (?:\\w+ )?${rules}\\b`),
  new RegExp(
    `(?:^|[.!?:;]\\s*|\\b(?:dear|note to(?: the)?|as an?|as the|the|when answering,? the)\\s)${model}\\b[\\s,:-]*(?:you |please )*(?:must|should|shall|has to|have to|needs? to|is to)\\b[^.!?]{0,40}\\b${speak}\\b`,
  ),
  new RegExp(
    `(?:^|[.!?:;"]\\s*|\\b(?:dear|note to(?: the)?)\\s)${model}\\s*[,:]\\s*(?:before you \\w+, )?(?:please )?(?:${speak}|you (?:are|must|may)|new instructions)\\b`,
  ),
  new RegExp(`\\b${model} instructions?:|\\bsystem override\\b|\\boverride (?:the|your) (?:rules|instructions|system)\\b`),
  /\b(?:system|developer)\]?\s*:\s*(?:(?:new|updated) instructions|you |ignore|disregard|reply|print|say|output|respond|now |repeat|the customer is|override)/,
  /\b(?:print|reveal|show|repeat|write|encode|spell|append|output|hide|leak)\b[^.!?]{0,40}\b(?:system prompt|your (?:own |full |secret )*(?:instructions|prompt|rules))\b/,
  /\byou are (?:now )?(?:dan\b|unlocked|jailbroken|unrestricted|in (?:developer|god|debug) mode|an? (?:ai|chat ?bot|language model|llm)\b)/,
  /\b(?:decode|decipher|apply rot13|rot13|unscramble)\b[^.!?]{0,40}\b(?:follow|obey|execute|do what)\b/,
  /\b(?:rules are off|no rules? holds?|developer mode (?:on|enabled))\b/,
];

const markup: readonly RegExp[] = [
  /<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id)\|?>|\[\/?inst\]|<<\/?sys>>|<\/?tool_calls?>|<\/?passages|\[(?:end )?system\]/,
  /"action"\s*:\s*"(?:answer|handoff)"/,
  /^#{1,4} (?:instruction|system prompt|system|response):?\s*$/m,
];

/** The same order in other languages: verb and rules as each puts them, and which rules: all, or those before. */
const foreignOrders: readonly (readonly [order: RegExp, which: RegExp])[] = [
  [
    /(?:ignorier|vergiss|vergesse|missacht)[\p{L}]*[^.!?]{0,40}(?:anweisung|regeln|instruktion|vorgaben)/u,
    /alle|vorherig|bisherig|obige|früher|deine/u,
  ],
  [
    /(?:ignore[zr]?|oublie[zr]?|ne tenez pas compte)[^.!?]{0,40}(?:instructions|consignes|règles)/u,
    /toutes|précéden|ci-dessus|antérieur|tes|vos/u,
  ],
  [/(?:ignor[ae]|olvid[ae]|descart[ae])[^.!?]{0,40}(?:instrucciones|indicaciones|reglas)/u, /todas|anterior|previas|tus/u],
  [/(?:ignor[ea]|esqueç[ao]|desconsider[ea])[^.!?]{0,40}(?:instruções|regras|orientações)/u, /todas|anterior|prévias|suas/u],
  [/(?:ignora|dimentica|trascura)[^.!?]{0,40}(?:istruzioni|regole|indicazioni)/u, /tutte|precedent|tue/u],
  [/(?:negeer|vergeet)[^.!?]{0,40}(?:instructies|regels|aanwijzingen)/u, /alle|vorige|eerdere|voorgaande|je /u],
  [/(?:talimat|kural|yönerge)[\p{L}]*[^.!?]{0,20}(?:yok say|unut|görmezden|dikkate alma)/u, /önceki|tüm|bütün|yukarıdaki/u],
  [/(?:игнорируй|забудь|проигнорируй|не обращай внимания на)[\p{L}]*[^.!?]{0,40}(?:инструкци|указани|правил)/u, /все|предыдущ|прежн|свои/u],
  [/(?:忽略|无视|無視|忘记|忘掉|不要理会)[^。!?]{0,16}(?:指令|指示|规则|規則|提示)/u, /之前|以上|上面|先前|前面|所有|一切|你的|系统/u],
  [/(?:指示|命令|ルール|プロンプト)[^。]{0,12}(?:無視|忘れ)/u, /これまで|以前|上記|すべて|全て|今まで/u],
  [/(?:지시|명령|규칙|지침)[^.]{0,12}(?:무시하고|무시해|잊어|잊고)/u, /이전|모든|위의|앞의|기존/u],
  [/(?:تجاهل|انس|تغاض)[^.!؟]{0,30}(?:التعليمات|القواعد|الأوامر|الإرشادات)/u, /جميع|كل|السابقة|أعلاه/u],
  [/(?:निर्देश|नियम|आदेश)[^।]{0,24}(?:अनदेखा|भूल|नज़रअंदाज़|नजरअंदाज)/u, /पिछले|सभी|पहले|ऊपर/u],
];
/** Characters beside an order in which those words may stand. */
const besideChars = 24;

/** Letters of other alphabets that look Latin. */
const lookalikes: Readonly<Record<string, string>> = {
  а: "a",
  е: "e",
  о: "o",
  і: "i",
  р: "p",
  с: "c",
  у: "y",
  х: "x",
  ѕ: "s",
  ο: "o",
  α: "a",
  ε: "e",
  ι: "i",
};

/** True when some of the text is addressed to the model. `text`: all of a passage that the model would see. */
export function ordersTheModel(text: string): boolean {
  const raw = text.slice(0, readCharsMax);
  if (hidden(raw)) return true;
  const plain = spelled(raw);
  if (gives(plain) || markup.some((pattern) => pattern.test(raw.toLowerCase()))) return true;
  // Each disguise costs another reading, so each is tried only where there are signs of it.
  if (/[\p{Script=Cyrillic}\p{Script=Greek}]/u.test(plain) && gives(Array.from(plain, (letter) => lookalikes[letter] ?? letter).join("")))
    return true;
  if (apart.test(plain) && gives(joined(plain))) return true;
  if (/rot-?13/.test(plain) && gives(rot13(plain))) return true;
  const decoded = [...raw.matchAll(encodedRun)].map(([run]) => Buffer.from(run, "base64").toString("utf8"));
  return decoded.some((one) => gives(spelled(one)));
}

function gives(plain: string): boolean {
  if (orders.some((pattern) => pattern.test(plain))) return true;
  return foreignOrders.some(([order, which]) => {
    const found = order.exec(plain);
    if (!found) return false;
    return which.test(plain.slice(Math.max(0, found.index - besideChars), found.index + found[0].length + besideChars));
  });
}

/** Letters that nobody sees: Unicode tags that are no flag's, or zero-width characters between Latin letters all along. */
function hidden(text: string): boolean {
  const flags = text.replace(/\u{1F3F4}[\u{E0020}-\u{E007F}]+/gu, "");
  return /[\u{E0000}-\u{E007F}]/u.test(flags) || /(?:[A-Za-z][\u200B-\u200D\u2060\uFEFF]+){6}/u.test(text);
}

function spelled(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\p{Cf}]/gu, "")
    .toLowerCase()
    .replace(/[\s_]+/gu, " ");
}

/** `i g n o r e` as `ignore`: only runs of single letters are put together, and their words are lost. */
function joined(plain: string): string {
  return plain
    .replace(new RegExp(apart, "gu"), (run) => run.replaceAll(" ", ""))
    .replace(
      /(ignore|disregard|forget|override)(all|any|the|your)?(previous|prior|above|earlier)?(instructions|rules|prompts?)/g,
      "$1 all $3 $4",
    );
}

function rot13(plain: string): string {
  return plain.replace(/[a-z]/g, (letter) => String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97));
}
