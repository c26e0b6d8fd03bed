/**
 * Sentences that promise work nobody will do: an agent that answers has no later. "I'll look into it and get back to you"
 * leaves the customer waiting; a handover does not. Patterns, in the eight languages we are asked in most.
 *
 * @module
 */

/**
 * `contact`: somebody will write or call. `work`: it is being looked into, arranged, passed on. `done`: something was done
 * that an answer cannot do. `wait`: the customer is asked to stay.
 */
type PromiseKind = "contact" | "work" | "done" | "wait";

/** A document may promise contact and work on the company's behalf; saying that it does is no promise of the agent's. */
const documentsMay: ReadonlySet<PromiseKind> = new Set(["contact", "work"]);

const soon = "(?:(?:now|then|also|just|personally|gladly|immediately|shortly|soon|certainly|definitely|happily) )*";
const willEn = `\\b(?:i|we)(?:'ll| will| shall|'m going to| am going to|'re going to| are going to) ${soon}`;
const staffEn =
  "(?:someone|somebody|a (?:colleague|specialist|representative|team member|member of (?:our|the) team)|one of (?:our|my) [a-z]+|(?:our|my|the) (?:\\w+ ){0,2}?(?:team|colleagues?|specialists?|agents?|staff))";
const will = (pattern: string) => new RegExp(pattern, "u");

const patterns: readonly (readonly [PromiseKind, RegExp])[] = [
  // English
  [
    "contact",
    will(
      `${willEn}(?:get back to|be in touch|follow up|reach out|contact|call|ring|phone|e-?mail|write (?:back )?to|text|message|let you know|keep you|update you|notify you|inform you|return to you|respond to you)\\b`,
    ),
  ],
  [
    "contact",
    will(
      `\\b${staffEn} (?:will|is going to|are going to)(?: then| also| shortly| soon)? (?:get back|be in touch|follow up|reach out|contact|call|e-?mail|write|reply|respond)`,
    ),
  ],
  [
    "contact",
    /\byou(?:'ll| will| can expect to| should) hear (?:back )?from (?:me|us|our|someone)|\bexpect (?:a|an|my|our) (?:call|e-?mail|reply|response|message) (?:from|within|by|tomorrow|shortly|soon)/u,
  ],
  [
    "work",
    will(
      `${willEn}(?:look into|look at|check|investigate|find out|ask|forward|escalate|pass (?:this|it|that|your|on)|raise|open a|create a|file a|arrange|take care of|sort (?:this|it|that)|handle (?:this|it)|fix|resolve|process|see (?:what|if|whether)|try to|work on|make sure|ensure|review)\\b`,
    ),
  ],
  [
    "wait",
    /\b(?:give me|just|one|hang on|hold on)(?: just)? (?:a |one )?(?:moment|minute|second|sec)\b|\blet me (?:just |quickly |first )?(?:check|look|see|find|ask|verify|pull up|confirm)\b|\b(?:please )?(?:wait|hold on|bear with me|stand by)(?: (?:while|as|until) (?:i|we)| please)?[.!]*$|\bi'?(?: a)?m (?:now |currently |just )?(?:looking into|checking|investigating|working on|processing|forwarding|escalating)\b/u,
  ],
  [
    "done",
    /\b(?:i|we)(?:'ve| have)(?: just| now| already| also)* (?:asked|forwarded|escalated|passed|notified|informed|created|opened|raised|filed|cancel+ed|refunded|processed|updated|changed|sent|reset|scheduled|booked|arranged|submitted|flagged|extended|credited)\b/u,
  ],
  // German
  [
    "contact",
    /\b(?:ich|wir) (?:werden? )?(?:melden?|kontaktieren?|rufen?|schreiben?|informieren?|benachrichtigen?|geben?) (?:mich|uns|sie|ihnen|dich|dir|euch)\b|\b(?:melde ich mich|melden wir uns|(?:werde|werden) (?:ich|wir) (?:mich|uns|sie|ihnen|dich|dir))\b|\b(?:ich|wir) (?:werde|werden) (?:mich|uns|sie|ihnen|dich|dir)\b[^.!?]*\b(?:melden|kontaktieren|anrufen|schreiben|informieren|benachrichtigen|bescheid geben)\b|\b(?:jemand|ein kollege|eine kollegin|ein mitarbeiter|unser team|mein team)\b[^.!?]{0,30}\b(?:meldet sich|wird sich|kontaktiert|ruft)\b|\b(?:hören|hörst) (?:\w+ )?von (?:mir|uns)\b/u,
  ],
  [
    "work",
    /\b(?:ich|wir) (?:werde|werden|kümmere|kümmern|prüfe|prüfen|kläre|klären|schaue|schauen|leite|leiten|frage|fragen|veranlasse|veranlassen|sorge|sorgen)\b[^.!?]{0,60}\b(?:mich|uns|nach|das|dies|es|darum|ihr|ihre|ihren|weiter|kümmern|prüfen|klären|nachsehen|weiterleiten|nachfragen|veranlassen|dafür)\b/u,
  ],
  [
    "wait",
    /\b(?:einen|ein) (?:kurzen |kleinen )?(?:moment|augenblick)(?: geduld)? bitte|\b(?:moment|augenblick) bitte|\bbitte (?:warten sie|warte|haben sie)\b[^.!?]*\b(?:während|bis|geduld|moment)\b/u,
  ],
  [
    "done",
    /\bich habe (?:(?!nicht|kein)[\p{L}]+ ){0,5}?(?:weitergeleitet|storniert|erstattet|geändert|veranlasst|beauftragt|eskaliert|informiert|erstellt|zurückgesetzt)/u,
  ],
  // Spanish
  [
    "contact",
    /(?<![\p{L}])(?:(?:me|nos) (?:pondr[ée]|pondremos|comunicar[ée]|comunicaremos) |(?:te|le|os|les) (?:contactar[ée]|contactaremos|llamar[ée]|llamaremos|escribir[ée]|escribiremos|avisar[ée]|avisaremos|informar[ée]|informaremos|responder[ée]|mantendr[ée]|mantendremos|enviar[ée])(?![\p{L}])|(?:un compañero|un colega|un agente|alguien|nuestro equipo)[^.!?]{0,20}(?:se pondrá|contactará|llamará|responderá|le contactará))/u,
  ],
  [
    "work",
    /(?<![\p{L}])(?:lo |la )?(?:investigar[ée]|revisar[ée]|comprobar[ée]|averiguar[ée]|consultar[ée]|verificar[ée]|gestionar[ée]|trasladar[ée]|reenviar[ée]|investigaremos|revisaremos)(?![\p{L}])|(?<![\p{L}])voy a (?:investigar|revisar|comprobar|averiguar|consultar|verificar|gestionar|preguntar|contactar)/u,
  ],
  [
    "wait",
    /(?<![\p{L}])(?:un momento|espere un momento|deme un momento|dame un momento|un segundo),? por favor|(?<![\p{L}])(?:espere|espera) (?:mientras|un momento)|(?<![\p{L}])d[ée]jame (?:comprobar|revisar|ver|consultar)|(?<![\p{L}])perm[íi]tame (?:comprobar|revisar|verificar)/u,
  ],
  [
    "done",
    /(?<![\p{L}])(?:ya )?he (?:reenviado|cancelado|reembolsado|cambiado|escalado|solicitado|trasladado|creado|enviado|avisado|actualizado)(?![\p{L}])/u,
  ],
  // French
  [
    "contact",
    /(?<![\p{L}])(?:je|nous) (?:vous|te) (?:recontacter(?:ai|ons)|contacter(?:ai|ons)|rappeller(?:ai|ons)|rappell?er(?:ai|ons)|écrir(?:ai|ons)|répondr(?:ai|ons)|tiendr(?:ai|ons)|informer(?:ai|ons)|enverr(?:ai|ons)|préviendr(?:ai|ons))|(?<![\p{L}])(?:je|nous) reviendr(?:ai|ons) vers|(?<![\p{L}])je reviens vers|(?:un collègue|un conseiller|quelqu'un|notre équipe)[^.!?]{0,20}(?:contactera|rappellera|répondra|reviendra)/u,
  ],
  [
    "work",
    /(?<![\p{L}])(?:je|nous) (?:vais|allons) (?:me renseigner|vérifier|regarder|voir|demander|transmettre|transférer|contacter|faire le nécessaire|m'en occuper|enquêter)|(?<![\p{L}])(?:je|nous) (?:vérifier(?:ai|ons)|transmettr(?:ai|ons)|me renseignerai|m'en occupe)/u,
  ],
  [
    "wait",
    /(?<![\p{L}])(?:un instant|un moment|une minute|une seconde),? (?:s'il vous plaît|svp|je)|(?<![\p{L}])(?:laissez|donnez|accordez)-moi (?:un instant|un moment|vérifier|regarder)|(?<![\p{L}])(?:veuillez )?patientez?r?(?![\p{L}])/u,
  ],
  ["done", /(?<![\p{L}])j'ai (?:bien |déjà )?(?:transmis|annulé|remboursé|modifié|transféré|envoyé|créé|prévenu|demandé)(?![\p{L}])/u],
  // Italian
  [
    "contact",
    /(?<![\p{L}])(?:la|ti|vi|le) (?:ricontatter(?:ò|emo)|contatter(?:ò|emo)|richiamer(?:ò|emo)|chiamer(?:ò|emo)|scriver(?:ò|emo)|far(?:ò|emo) sapere|terr(?:ò|emo)|aggiorner(?:ò|emo)|informer(?:ò|emo))|(?<![\p{L}])mi far(?:ò) (?:vivo|sentire)|(?:un collega|qualcuno|il nostro team|un operatore)[^.!?]{0,20}(?:contatterà|richiamerà|risponderà)/u,
  ],
  [
    "work",
    /(?<![\p{L}])(?:verificher(?:ò|emo)|controller(?:ò|emo)|chieder(?:ò|emo)|inoltrer(?:ò|emo)|indagher(?:ò|emo)|me ne occuper(?:ò)|provveder(?:ò|emo))(?![\p{L}])/u,
  ],
  [
    "wait",
    /(?<![\p{L}])(?:un (?:momento|attimo|secondo)),? (?:per favore|per cortesia|prego)|(?<![\p{L}])(?:attenda|attendi|mi lasci|mi dia|dammi)(?![\p{L}])[^.!?]*(?:momento|attimo|controllare|verificare|mentre)/u,
  ],
  ["done", /(?<![\p{L}])ho (?:già |appena )?(?:inoltrato|annullato|rimborsato|modificato|inviato|creato|avvisato|segnalato)(?![\p{L}])/u],
  // Portuguese
  [
    "contact",
    /(?<![\p{L}])(?:(?:vou|vamos|irei|iremos) (?:(?:te|lhe|o|a) )?(?:entrar em contato|entrar em contacto|contatar|contactar|ligar|escrever|retornar|avisar|informar|responder|manter)|entrarei em cont|entraremos em cont|retornarei|retornaremos|avisarei|(?:um colega|alguém|nossa equipe|nossa equipa|a nossa equipa)[^.!?]{0,20}(?:entrará|vai entrar|ligará|responderá))/u,
  ],
  [
    "work",
    /(?<![\p{L}])(?:vou|vamos|irei|iremos) (?:\p{L}+ )?(?:verificar|investigar|checar|perguntar|encaminhar|consultar|averiguar|providenciar|analisar)|(?<![\p{L}])(?:verificarei|encaminharei|investigarei)(?![\p{L}])/u,
  ],
  [
    "wait",
    /(?<![\p{L}])(?:um (?:momento|minuto|instante|segundo)),? por favor|(?<![\p{L}])(?:aguarde|deixe-me|deixa eu|me dê)(?![\p{L}])[^.!?]*(?:momento|enquanto|verificar|minuto|checar|ver)/u,
  ],
  ["done", /(?<![\p{L}])(?:já )?(?:encaminhei|cancelei|reembolsei|alterei|enviei|abri um|criei um|solicitei|avisei)(?![\p{L}])/u],
  // Dutch
  [
    "contact",
    /\b(?:ik|wij|we) (?:neem|nemen|zal|zullen|bel|bellen|mail|mailen|laat|laten|kom|komen)\b[^.!?]{0,60}\b(?:contact|terug|weten|op de hoogte|bellen|mailen|op terug)\b|\b(?:iemand|een collega|een medewerker|ons team)\b[^.!?]{0,30}\b(?:neemt|zal)\b[^.!?]{0,30}\b(?:contact|terug|bellen)/u,
  ],
  [
    "work",
    /\b(?:ik|wij|we) (?:ga|gaan|zal|zullen)\b[^.!?]{0,40}\b(?:uitzoeken|nakijken|controleren|navragen|doorsturen|onderzoeken|kijken|regelen)\b|\bik (?:zoek|kijk|vraag) (?:het|dit|dat) (?:voor u |voor je )?(?:uit|na)\b/u,
  ],
  [
    "wait",
    /\b(?:een moment|een ogenblik|momentje|ogenblikje)(?: geduld)?,? (?:alstublieft|alsjeblieft|a\.?u\.?b)|\bwacht (?:even|u even)\b/u,
  ],
  ["done", /\bik heb (?:(?!niet|geen)[\p{L}]+ ){0,5}?(?:doorgestuurd|geannuleerd|terugbetaald|gewijzigd|aangemaakt|verzonden|ingelicht)/u],
  // Turkish, Russian
  [
    "contact",
    /(?:size|sizi|sizinle) (?:[\p{L}]+ ){0,4}?(?:döneceğ|arayacağ|ulaşacağ|yazacağ|iletişime geçeceğ|bilgilendireceğ|haber vereceğ|dönüş yapacağ)/u,
  ],
  ["work", /(?:kontrol edeceğ|araştıracağ|ileteceğ|soracağ|inceleyeceğ|ilgileneceğ)/u],
  ["wait", /(?:lütfen )?(?:bir dakika|bir saniye|biraz) (?:bekleyin|bekler misiniz|lütfen)/u],
  [
    "contact",
    /(?<![\p{L}])(?:я|мы) (?:[\p{L}]+ ){0,3}?(?:свяжусь|свяжемся|перезвоню|перезвоним|напишу|напишем|сообщу|сообщим|вернусь|вернёмся|вернемся|отвечу|ответим)(?![\p{L}])|(?<![\p{L}])(?:наш|мой) (?:[\p{L}]+ )?(?:специалист|коллега|менеджер|сотрудник)[^.!?]{0,20}(?:свяжется|перезвонит|напишет)|(?<![\p{L}])с вами свяж(?:утся|ется|емся|усь)/u,
  ],
  [
    "work",
    /(?<![\p{L}])(?:я|мы) (?:[\p{L}]+ ){0,3}?(?:проверю|проверим|узнаю|узнаем|уточню|уточним|разберусь|разберёмся|передам|передадим|займусь|займёмся)(?![\p{L}])/u,
  ],
  ["wait", /(?<![\p{L}])(?:подождите|одну минуту|одну секунду|минуточку|секундочку)(?![\p{L}])/u],
  ["done", /(?<![\p{L}])я (?:[\p{L}]+ ){0,2}?(?:передал|отменил|вернул|изменил|отправил|создал|оформил)а?(?![\p{L}])/u],
];

/** First words that such a sentence may open with: what follows them is not shown before the sentence is whole. */
const openers = /^\s*["'(]?(?:i|i'\p{L}+|we|we'\p{L}+|let|someone|somebody|you'll|ich|wir|jemand|je|nous|j'ai|ik|wij|я|мы)[,.]?$/iu;

export function mayOpenPromise(text: string): boolean {
  return openers.test(text.replace(/’/gu, "'"));
}

/** The first person singular is the agent's own voice; a document speaks as "we". */
const ownVoice = /(?:^|[\s,;:(])(?:i|i'll|i'm|i've|ich|je|j'ai|ik|я)(?=[\s,])/u;

/** Does the sentence promise what nobody will do? `passages` are the texts that it may be quoting. */
export function isFalsePromise(sentence: string, passages: readonly string[] = []): boolean {
  const plain = plainOf(sentence);
  const kind = patterns.find(([, pattern]) => pattern.test(plain))?.[0];
  if (kind === undefined) return false;
  if (!documentsMay.has(kind) || ownVoice.test(plain)) return true;
  return !passages.some((passage) => {
    const quoted = plainOf(passage);
    return patterns.some(([other, pattern]) => other === kind && pattern.test(quoted));
  });
}

function plainOf(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[’‘]/gu, "'")
    .replace(/\[\d+\]/gu, " ")
    .replace(/\s+/gu, " ")
    .toLowerCase()
    .trim();
}
