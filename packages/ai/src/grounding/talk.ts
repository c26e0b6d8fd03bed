/**
 * Sentences that state nothing: greetings, sympathy, offers of more help, questions back. They need no source.
 *
 * @module
 */
import { normalizeText } from "../lexical/normalize.ts";

const talk: readonly RegExp[] = [
  // English
  /\b(?:let (?:me|us) know (?:if|whether|should)|(?:happy|glad) to help|(?:any(?:thing)?|something) else|hope (?:this|that|it) (?:helps|clears|answers)|feel free to|don't hesitate|you're (?:very )?welcome|thank(?:s| you)|(?:i'm|i am|we're|we are|so|very)? ?sorry|apologi[sz]e|i (?:completely |fully )?understand|great question|good question|sure thing|of course|no problem|have a (?:great|nice|good|lovely)|here (?:is|are|'s) (?:the|what|how|some|your)|based on the (?:information|passages|documentation|provided)|if you (?:have|need) (?:any |more |further )?(?:other |more |further |additional )?(?:questions|help|assistance|information))\b/u,
  /^(?:hi|hello|hey|dear|welcome|sure|yes|no|okay|ok|great|absolutely|certainly|good (?:morning|afternoon|evening|day))(?: (?:there|again|[\p{L}]+))?[,!. ]*$/u,
  // German, Dutch
  /(?<![\p{L}])(?:melden sie sich (?:gern|jederzeit|einfach)|(?:gern|jederzeit) (?:weiter|zur verfügung|für sie da)|ich hoffe|vielen dank|danke|gern geschehen|bitte schön|es tut mir leid|das tut mir leid|tut mir leid|ich verstehe|guten (?:tag|morgen|abend)|weitere fragen|(?:kann|können) ich (?:ihnen|dir) (?:sonst|noch))/u,
  /(?<![\p{L}])(?:laat het (?:me|ons|mij) weten|graag gedaan|bedankt|dank (?:u|je)|het spijt (?:me|ons|mij)|ik hoop dat|nog (?:andere )?vragen|verder nog iets|ik begrijp)/u,
  // Spanish, Portuguese, Italian, French
  /(?<![\p{L}])(?:no dude en|no dudes en|espero que (?:esto|te|le)|gracias|lo siento|lamento|de nada|con gusto|encantado|encantada|algo más|si (?:tiene|tienes|necesita|necesitas) (?:más|alguna|otra)|entiendo)/u,
  /(?<![\p{L}])(?:não hesite|espero que|obrigad[oa]|sinto muito|lamento|de nada|por nada|algo mais|mais alguma coisa|se (?:tiver|precisar|você tiver|você precisar)|entendo)/u,
  /(?<![\p{L}])(?:non esit|spero che|grazie|mi dispiace|ci scusiamo|prego|qualcos'altro|se (?:ha|hai|avete) (?:altre|bisogno)|capisco|resto a (?:sua|tua) disposizione)/u,
  /(?<![\p{L}])(?:n'hésitez pas|n'hésite pas|j'espère que|merci|désolée?|avec plaisir|de rien|autre chose|si vous (?:avez|souhaitez) (?:d'autres|plus|besoin)|je comprends|bonjour)/u,
  // Turkish, Russian
  /(?:yardımcı olabilir|başka bir (?:konu|soru)|rica ederim|teşekkür|üzgünüm|umarım|merhaba|çekinmeyin)/u,
  /(?<![\p{L}])(?:надеюсь|пожалуйста, (?:дайте|обращайтесь|сообщите)|обращайтесь|рад(?:а|ы)? помочь|спасибо|извините|сожале|приношу извинения|здравствуйте|понимаю|остались вопросы|чем(?:-то)? ещ[её])/u,
  // Chinese, Japanese, Korean, Arabic, Hindi
  /(?:希望(?:这|對|对)|如(?:果)?(?:您)?(?:还)?有(?:其他|任何|更多)|随时(?:联系|告诉)|不客气|谢谢|感谢|抱歉|对不起|您好|你好|还有(?:什么|其他))/u,
  /(?:お役に立て|ご不明な点|お気軽に|ありがとうござ|申し訳|どういたしまして|こんにちは|他に(?:ご質問|何か)|ほかに(?:ご質問|何か))/u,
  /(?:도움이 되|궁금한 (?:점|사항)|언제든지|감사합니다|죄송|안녕하세요|더 (?:필요|도와))/u,
  /(?:آمل أن|لا تتردد|شكرا|آسف|نأسف|على الرحب|مرحبا|أي (?:أسئلة|شيء) (?:أخرى|آخر))/u,
  /(?:उम्मीद है|आशा है|धन्यवाद|क्षमा|माफ़|नमस्ते|कोई और|और कोई|संकोच न)/u,
];
/** Longer sentences state something beside their politeness. */
const talkCharsMax = 160;

/** True for a sentence of pure politeness, a question back, or a line that only announces what follows. */
export function isTalk(sentence: string): boolean {
  const plain = normalizeText(sentence).toLowerCase().replace(/\s+/gu, " ").trim();
  if (/[?？؟]["'”’)]?$/u.test(plain) || /[:：]\**$/u.test(plain)) return true;
  return plain.length <= talkCharsMax && talk.some((pattern) => pattern.test(plain));
}
