/**
 * Instructions that name a language to answer in, against the agent's own setting.
 *
 * @module
 */
const names: Readonly<Record<string, string>> = {
  en: "english|englisch|anglais|inglés|inglese|inglês|engels|angielsku",
  de: "german|deutsch|allemand|alemán|tedesco|alemão|duits|niemiecku",
  fr: "french|französisch|français|francés|francese|francês|frans|francusku",
  es: "spanish|spanisch|espagnol|español|castellano|spagnolo|espanhol|spaans|hiszpańsku",
  it: "italian|italienisch|italien|italiano|italiaans|włosku",
  pt: "portuguese|portugiesisch|portugais|portugués|português|portoghese|portugees|portugalsku",
  nl: "dutch|niederländisch|holländisch|néerlandais|neerlandés|holandés|olandese|holandês|nederlands|holendersku",
  pl: "polish|polnisch|polonais|polaco|polacco|polonês|pools|polsku",
  ja: "japanese|japanisch|japonais|japonés|giapponese",
  zh: "chinese|mandarin|chinesisch|chinois|chino|cinese",
  ru: "russian|russisch|russe|ruso|russo",
  tr: "turkish|türkisch|turc|turco",
  ar: "arabic|arabisch|arabe|árabe|arabo",
};

const verbs =
  "(?:answer|respond|reply|speak|write|communicate|talk|antworte|antworten sie|schreibe?|sprich|réponds|répondez|écris|écrivez|responde|contesta|escribe|rispondi|scrivi|responda|escreva|antwoord|schrijf|odpowiadaj|pisz)";
const into = "(?:in|auf|en|em|po|w)(?: het)?";
const told = Object.entries(names).map(
  ([tag, words]) => [tag, new RegExp(`(?<!\\p{L})${verbs}(?: [\\p{L}'’]+){0,5}? ${into} (?:${words})(?!\\p{L})`, "u")] as const,
);
/** "In German if the customer writes German" goes with any setting. */
const depends =
  /(?<!\p{L})(?:if|when|whenever|unless|or|wenn|falls|sofern|oder|si|cuando|quand|lorsque|ou|o|se|quando|als|of|jeśli|gdy|lub|not|never|nicht|nie|don['’]t)(?!\p{L})/u;

/** True when a sentence, in small letters, asks for a language that the setting (`auto`, or a BCP 47 tag) does not ask for. */
export function contradictsLanguage(sentence: string, language: string): boolean {
  if (depends.test(sentence)) return false;
  const [set = ""] = language.toLowerCase().split("-");
  return told.some(([tag, pattern]) => tag !== set && pattern.test(sentence));
}
