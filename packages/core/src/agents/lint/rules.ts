/**
 * The rules that are patterns: what each finds in a sentence, and what in the same sentence makes it harmless.
 *
 * @module
 */
import type { LintRule } from "@axon/contracts/agents";

export interface PatternRule {
  rule: LintRule;
  /** Of a sentence in small letters. */
  finds(sentence: string): boolean;
}

/** Whole words, in any script: `\b` knows ASCII alone. In small letters: ignoring case takes a second to make ready. */
const words = (pattern: string) => new RegExp(`(?<![\\p{L}\\p{N}])(?:${pattern})(?![\\p{L}\\p{N}])`, "u");

const gap = "(?:[^,:]{0,40}?[\\s'’])?";
const clause = "(?:[^.]{0,60}?[\\s,])?";
const not = "(?:never|not|don['’]?t|do not|must not|cannot|can['’]?t|no longer|avoid|refrain from|without)";
const nichtDe = "(?:nie|niemals|nicht|keinesfalls|kein(?:e|en|em|er)?)";

/** It depends: "do not hand over before you know the order number" is a wise thing to say. */
const depends = words(
  "unless|until|before|without asking|except|only (?:if|when|after)|bevor|außer|es sei denn|solange|ohne zu fragen|avant|sauf|tant que|antes|salvo|hasta|prima|finché|tranne|exceto|até|voordat|tenzij|zolang|zanim|chyba że|dopóki",
);
const negated = words(`${not}|nor|neither|${nichtDe}|jamais|ne|n['’]|pas|nunca|no|jamás|não|non|mai|nooit|niet|geen|nigdy|nie`);

function rule(name: LintRule, patterns: readonly string[], ...harmless: readonly RegExp[]): PatternRule {
  const found = patterns.map(words);
  return { rule: name, finds: (sentence) => found.some((one) => one.test(sentence)) && !harmless.some((one) => one.test(sentence)) };
}

/** Only what stands before the words that were found makes them harmless: "never make up prices", but "make up prices, not names". */
function unnegated(name: LintRule, patterns: readonly string[], ...harmless: readonly RegExp[]): PatternRule {
  const found = patterns.map(words);
  return {
    rule: name,
    finds: (sentence) =>
      !harmless.some((one) => one.test(sentence)) &&
      found.some((one) => {
        const hit = one.exec(sentence);
        return hit !== null && !negated.test(lastClause(sentence.slice(0, hit.index)));
      }),
  };
}

/** "If there is no answer, make one up": the "no" is about something else. */
function lastClause(text: string): string {
  return text.slice(text.lastIndexOf(",") + 1);
}

const people =
  "(?:humans?|persons?|people|agents?|colleagues?|staff|representatives?|operators?|someone|somebody|anyone|anybody|support team|team|department|manager|supervisor)";
const handOver =
  "(?:hand(?:ing)? (?:it |them |this |anything |anyone |customers? |users? |conversations? |the \\w+ )?(?:over|off)|handoff|hand-off|handover|escalat(?:e|ing|ion)s?)";
const passOn = `(?:transfer|forward|connect|refer|pass|redirect|direct|send|route|transferring|forwarding|connecting|referring)${gap}(?:to|through to|with|on to) (?:an? |the |our |your |any |another |real |live |actual |human |support |customer )*${people}`;
const imperative = "(?:^|[,:]\\s*|always |only |must |should |please |you |and |to |shall |will )";
const answerVerb =
  "(?:answer|respond|reply|output|write|speak|format (?:your|the|all|every) (?:answers?|responses?|repl(?:y|ies)|output)|return|produce|give (?:your|the) answers?)";
const dataFormat = "(?:valid |raw |pure |strict |plain |simple )*(?:json|xml|yaml|html|csv|markdown|plain ?text|raw text|code blocks?|sql)";
const sources =
  "(?:passages?|documents?|sources?|context|knowledge ?base|articles?|reference (?:material|data|texts?)|search results|provided (?:text|information))";

export const patternRules: readonly PatternRule[] = [
  rule(
    "no_handoff",
    [
      `${not} ${gap}${handOver}`,
      `${not} ${gap}${passOn}`,
      `${not} (?:ever )?(?:offer|suggest|mention|ask for|involve) ${gap}(?:${handOver}|talking to (?:an? )?${people}|(?:an? )?(?:human|real|live) (?:${people})?)`,
      `(?:there (?:is|are) no|we have no) (?:human |live |real )+${people}`,
      `${nichtDe} ${gap}(?:an (?:einen|eine|den|die|das|unser\\w*)?\\s?(?:menschen|mitarbeiter\\w*|kolleg\\w+|support|team|person|berater\\w*)${gap}(?:weiterleiten|weiter(?:zu)?leite\\w*|übergeben|verweisen|abgeben|verbinden)|eskalieren|weiterleiten|übergeben)`,
      `(?:leite|übergib|verweise|übergebe|eskaliere|verbinde|gib) ${gap}${nichtDe}${gap}(?:an |weiter|ab|mit )?`,
      `(?:ne|n['’]) ?${gap}(?:jamais|pas|rien)? ?${gap}(?:transfér\\p{L}*|transmet\\p{L}*|escalad\\p{L}*|rediri\\p{L}*|passer|renvoy\\p{L}*) ${gap}(?:à|vers|au|aux) ${gap}(?:humain|agent|conseiller|collègue|personne|équipe|opérateur|service)\\p{L}*`,
      `(?:nunca|no|jamás) (?:le |les |lo |la )?(?:transfier\\p{L}*|deriv\\p{L}*|escal\\p{L}*|pas(?:es?|ar)|redirij\\p{L}*|redirig\\p{L}*|transferir) ${gap}(?:a|con|al) ${gap}(?:humano|persona|agente|compañero|operador|equipo|asesor)\\p{L}*`,
      `(?:non|mai) ${gap}(?:trasfer\\p{L}*|passar\\p{L}*|inoltrar\\p{L}*|inoltrare|escalar\\p{L}*|reindirizz\\p{L}*) ${gap}(?:a|ad|al|alla|allo|un['’]?) ?${gap}(?:umano|persona|operatore|collega|agente|operatrice|team)`,
      `(?:nunca|não|jamais) ${gap}(?:transfir\\p{L}*|transferir|encaminh\\p{L}*|pass(?:e|ar)|escal\\p{L}*|redirecion\\p{L}*) ${gap}(?:para|a|ao) ${gap}(?:humano|pessoa|atendente|agente|colega|operador|equipe)\\p{L}*`,
      `(?:nooit|niet|geen) ${gap}(?:door ?(?:te )?verbind\\p{L}*|doorverwij\\p{L}*|overdrag\\p{L}*|over te dragen|escaleren|doorsturen)|(?:verbind|verwijs|draag|stuur|escaleer) ${gap}(?:nooit|niet)${gap}(?:door|over|naar)?`,
      `(?:nigdy|nie) (?:nie )?${gap}(?:przekazuj\\p{L}*|przekierowuj\\p{L}*|łącz|eskaluj|odsyłaj) ${gap}(?:do|z)? ?${gap}(?:człowiek\\p{L}*|konsultant\\p{L}*|pracownik\\p{L}*|osob\\p{L}*|zespoł\\p{L}*)`,
    ],
    depends,
    words("transfer (?:any |the )?(?:money|funds|files?|data|domains?|ownership)"),
    words("passwords?|card numbers?|personal data|passwort|datos personales"),
  ),
  rule(
    "always_answers",
    [
      `always ${gap}(?:answer|respond|reply|give|provide|have|offer|find)${clause}(?:even (?:if|when|though)|regardless|no matter|whether or not|in any case|under all circumstances)`,
      `always ${gap}(?:give|provide|have|offer|come up with|find) (?:an?|some|the) (?:\\w+ )?answer`,
      `answer (?:every|all|any) (?:\\w+ )?questions?${clause}(?:even (?:if|when)|regardless|no matter|whatever)`,
      `${not} ${gap}(?:say|admit|tell (?:them|the \\w+|customers|users)|reply|respond|answer)${gap}(?:that )?(?:you |i |we )?(?:don['’]?t|do not|cannot|can['’]?t|are not|aren['’]?t) (?:know|answer|help|sure|find|have)`,
      `${not} (?:ever )?(?:refuse|decline|leave a question)${gap}(?:to answer|to help|to respond|unanswered|a question|questions|any)`,
      `(?:antworte|beantworte|antworten sie) ${gap}(?:immer|stets|jede\\p{L}*)${clause}(?:auch wenn|selbst wenn|egal|in jedem fall)`,
      `(?:sag|sage|sagen sie|gib|geben sie) ${gap}(?:nie|niemals|nicht)${clause}(?:zu)?,? ?dass (?:du|sie|wir) ${gap}(?:nicht|keine)`,
      `(?:répond\\p{L}*|donne\\p{L}*) toujours${clause}(?:même si|quoi qu|dans tous les cas)|ne dis\\p{L}* jamais ${gap}(?:ne sais|ne savez|ne sait)`,
      `(?:respond\\p{L}*|contest\\p{L}*|da) siempre${clause}(?:aunque|incluso si|aun si|pase lo que)|nunca digas? ${gap}no (?:lo )?sab\\p{L}*|siempre (?:respond\\p{L}*|contest\\p{L}*)${clause}(?:aunque|incluso si)`,
      `(?:rispond\\p{L}*) sempre${clause}(?:anche se|comunque|in ogni caso)|non (?:dire|dica) mai ${gap}non (?:sai|sa|lo sai)`,
      `(?:respond\\p{L}*) sempre${clause}(?:mesmo que|mesmo se|ainda que|em qualquer caso)|sempre respond\\p{L}*${clause}(?:mesmo que|mesmo se)|nunca diga ${gap}não sab\\p{L}*`,
      `(?:antwoord|beantwoord|geef) ${gap}altijd${clause}(?:ook als|zelfs als|hoe dan ook)|zeg nooit ${gap}(?:niet weet)`,
      `zawsze odpowiad\\p{L}*${clause}(?:nawet jeśli|nawet gdy|niezależnie)|nigdy nie mów ${gap}nie wiesz`,
    ],
    words("polite(?:ly)?|friendly|kind(?:ly)?|if they are rude"),
  ),
  rule(
    "own_format",
    [
      `${imperative}(?:always |only )?${answerVerb}${gap} ?(?:in|as|with|using|only) (?:an? |the )?${dataFormat}(?: (?:object|format|only))?`,
      `${imperative}(?:always |only )?(?:output|return|emit|produce) (?:only |just )?(?:an? |the )?${dataFormat}`,
      `${imperative}(?:use|write) (?:only )?${dataFormat}${gap} ?(?:for|in) (?:all |every |your )+(?:answers?|responses?|replies|output)`,
      `(?:do not|don['’]?t|never|no) (?:use |return |output |write |wrap ${gap}|answer in |reply in |respond (?:in|with) )(?:an? |any )?json`,
      `(?:antworte|antworten sie|gib|geben sie)${gap} ?(?:nur |ausschließlich |immer )?(?:als|im|in) ${gap}(?:json|xml|html|markdown|klartext)(?:-\\p{L}+)?`,
      `(?:répond\\p{L}*|renvo\\p{L}*)${gap} ?(?:en|au format|sous forme de) (?:format )?(?:json|xml|html|markdown|texte brut)`,
      `(?:respond\\p{L}*|contest\\p{L}*|devuelv\\p{L}*|rispond\\p{L}*|odpowiad\\p{L}*|antwoord)${gap} ?(?:en|in|em|w|als) (?:formato |formacie |format )?(?:json|xml|html|markdown|texto plano|testo semplice|texto simples|platte tekst)`,
    ],
    words("export|import|api (?:answers?|returns?|responds?)|endpoint|webhook|download"),
  ),
  unnegated(
    "ignores_passages",
    [
      `(?:ignore|disregard|forget|skip) (?:all |any |the |these |those |your |every |provided |given |retrieved |numbered )*${sources}(?!,? (?:that|which|older|from|marked|of|about|in|with|if))`,
      `(?:answer|respond|reply)${gap} ?(?:from|using|with|based on) (?:your )?(?:own|general|common|prior|training|world) (?:\\w+ )?knowledge`,
      `(?:use|rely on|draw on) your (?:own|general|prior|training|world) (?:\\w+ )?knowledge`,
      "(?:ignoriere|ignorieren sie|vergiss) (?:alle |die |diese )*(?:textstellen|passagen|dokumente|quellen|artikel|wissensdatenbank)",
      "(?:antworte|beantworte)\\p{L}* ?(?:[^,:]{0,30} )?aus (?:deinem|eigenem|ihrem) (?:eigenen |allgemeinen )?(?:wissen|allgemeinwissen)",
      "ignor\\p{L}* (?:les|tous les|ces|los|las|i|le|os|as|de|alle) (?:passages|documents|sources|documentos|fuentes|pasajes|documenti|fonti|passaggi|fontes|trechos|documenten|bronnen|passages)",
    ],
    words("instructions? (?:in|inside|within|from)|nichts|rien|nada|niente|niets|nic"),
  ),
  rule(
    "ignores_passages",
    [
      `(?:do not|don['’]?t|never) (?:use|rely on|look at|consult|trust|read|base ${gap}on) (?:all |any |the |these |those |provided |given |only )*${sources}(?!,? (?:that|which|older|from|marked|of|about|in|with|if|titles?|names?|numbers?))`,
    ],
    words("only|titles?|numbers?"),
  ),
  unnegated(
    "invents",
    [
      "(?:make up|invent|fabricate|improvise) (?:an?|the|any|some|your|plausible|something|answers?|details?|numbers?|facts?|stories|names?|prices?|it)",
      "(?:make|take) (?:an? )?(?:educated |best |wild )?guess(?:es)?",
      "(?:just |simply )?guess (?:the|an?|what|it|something)",
      "(?:erfinde|erfinden sie|denk dir|denken sie sich|rate einfach)(?! (?:nie|nicht|kein))(?: \\p{L}+){0,3}",
      "(?:invente[rz]?|imagine[rz]?) (?:une?|des|la|les) (?:réponses?|détails?|chiffres?)",
      "(?:inventa|inventar|invente) (?:una?|las?|los?|uma?|as?|os?|respuestas?|respostas?|una risposta)(?: \\p{L}+)?",
      "(?:verzin|bedenk zelf) (?:een|iets|antwoorden)|(?:wymyśl|zmyślaj)(?: \\p{L}+)?",
    ],
    words("if (?:customers?|users?|they|someone|somebody) (?:ask|want|try)|mind|make up for"),
  ),
  rule(
    "no_citations",
    [
      "(?:do not|don['’]?t|never|avoid|stop|without|omit|leave out|remove|strip|no) (?:ever )?(?:cit(?:e|ing)|us(?:e|ing)|includ(?:e|ing)|add(?:ing)?|show(?:ing)?|giv(?:e|ing)|put(?:ting)?|writ(?:e|ing)|mention(?:ing)?|quot(?:e|ing))? ?(?:any |the |your |our |a |in |numbered |square )*(?:citations?|references?|footnotes?|sources?|source numbers?|brackets?|bracketed numbers|square brackets|numbers in brackets|passage numbers?)",
      "(?:keine|ohne|nenne keine|nie|niemals) ?(?:irgendwelche )?(?:quellen(?:angaben|verweise)?|zitate|fußnoten|eckigen klammern|belege|verweise)",
      "(?:ne cit\\p{L}* (?:pas|jamais)|sans) ?(?:de |les |aucune )?(?:sources?|références?|citations?|crochets)",
      "(?:no|sin|nunca) (?:cites?|citar|incluyas?|uses?|pongas?|menciones?)? ?(?:las? |los? )?(?:fuentes|referencias|citas|corchetes)",
      "(?:non citare|senza|non (?:usare|inserire|mettere)) ?(?:le |i )?(?:fonti|riferimenti|citazioni|parentesi quadre)",
      "(?:não cit\\p{L}*|sem|não (?:use|inclua)) ?(?:as |os )?(?:fontes|referências|citações|colchetes)",
      "(?:geen|zonder) (?:bronnen|bronvermelding(?:en)?|verwijzingen|citaten|haakjes|voetnoten)|nie (?:podawaj|cytuj|używaj) (?:źródeł|przypisów|nawiasów)",
    ],
    words(
      "(?:the )?source of|open[- ]source|source code|reference numbers?|order references?|without (?:sources|citations|references|citing)[^,]{0,20}(?:say|answer)|never (?:answer|state|say)",
    ),
  ),
  rule("cites_itself", [
    `(?:always |must )?cit(?:e|ing) (?:your |the |all |each |every |its )*${sources}${gap} ?(?:as|like|by (?:name|title|url|link)|in (?:the )?(?:form|format|parenthes[ei]s|footnotes?|apa|mla)|using|with (?:a |the )?(?:link|url|title|footnote)|at the end)`,
    "(?:always |must )?(?:cite|citing|reference|put|add|use) [^.]{0,30}\\[(?:n|x|\\d+|number|source|doc[^\\]]*)(?=\\])",
    `(?:add|include|append|list|put) (?:an? |the |all |your )*(?:footnotes?|bibliography|list of sources|links?|urls?|source links?)(?: to| of| for| from) (?:each|every|all|the|your) ${sources}`,
    "(?:end|finish|close) (?:each|every|your|all) (?:answers?|repl(?:y|ies)|responses?) with (?:an? |the )?(?:list of )?(?:sources?|references?|links?)",
    "(?:gib|geben sie|nenne|nennen sie) (?:immer |stets )?(?:die )?quellen? ?(?:am ende|als link|als fußnote|mit titel)",
  ]),
  unnegated(
    "promises",
    [
      `${imperative}(?:always )?(?:promise|guarantee|assure|commit to) (?:the|every|all|each|our|that|them|customers?|users?|an?|him|her|people|refunds?|full|delivery|same)`,
      `(?:tell|inform|let) (?:the |every |all |our )?(?:them|him|her|customers?|users?|clients?|visitors?|people)(?: know)?,? (?:that )?(?:you|we|i|someone|somebody|an? \\w+|our \\w+)(?:['’]ll| will| are going to| is going to) (?:\\w+ )?(?:call|get back|e-?mail|contact|follow up|look into|write|reach out|fix|check|investigate|refund|send)`,
      "(?:sag|sage|sagen sie|versprich|versprechen sie|garantiere|sichere) (?:den |dem |der |immer |stets )*(?:kunden|kundinnen|ihnen|ihm|ihr|nutzern)(?! \\p{L}+ ?nichts)(?:,? dass (?:wir|jemand|du|sie|ein\\p{L}*)[^.]{0,60}(?:meld|anruf|erstatt|zurückruf|kümmer|schreib)\\p{L}*| [^.]{0,40}(?:zu|erstattung|lieferung|rückruf))",
      "(?:promet\\p{L}*|garanti(?:s|ssez|r)|asegúra\\p{L}*|garantiza\\p{L}*|prometti|garantisci|prometa|garanta|beloof|obiecuj) (?:\\p{L}+ ){0,3}(?:clients?|clientes?|cliente|clienti|klant(?:en)?|klientom|remboursement|reembolso|rimborso|terugbetaling)",
    ],
    words("cannot promise|can['’]?t promise|price promise|promise nothing"),
  ),
  unnegated("acts", [
    "you (?:may|can|are (?:allowed|authori[sz]ed|permitted|able|free|empowered) to|have (?:permission|the power|the right|authority) to) (?:also |always |directly |immediately |freely |even )*(?:issue|grant|give|offer|process|cancel|refund|change|update|delete|reset|book|reschedule|approve|waive|apply|create|place|modify|extend|unlock|send)(?! (?:your|yourself|them the (?:link|address)|the (?:link|address))) (?:an? |the |any |all |their |full |partial |customers? |customer['’]s |up to |out |free |\\p{Sc}?\\d+\\s?%? )*(?:refunds?|discounts?|vouchers?|coupons?|credits?|orders?|subscriptions?|accounts?|addresses|address|passwords?|bookings?|appointments?|reservations?|fees?|e-?mails?|payments?|deliver(?:y|ies)|trials?|tickets?|replacements?|invoices?|plans?)",
    `${imperative}(?:always )?(?:issue|grant|process|approve) (?:an? |the |any |full |partial |all )*(?:refunds?|discounts?|vouchers?|cancell?ations?|replacements?|credits?)`,
    "(?:du darfst|du kannst|sie dürfen|sie können) (?:[^.,]{0,30} )?(?:erstattungen?|rückerstattungen?|rabatte?|gutscheine?|bestellungen|konten|passwörter|termine) (?:gewähren|vergeben|ausstellen|veranlassen|stornieren|ändern|zurücksetzen|löschen|buchen|geben|erstatten)",
    "(?:tu peux|vous pouvez|puedes|puede|puoi|può|você pode|je mag|je kunt|możesz) (?:[^.,]{0,20} )?(?:rembourser|accorder|annuler|reembolsar|conceder|cancelar|otorgar|rimborsare|concedere|annullare|terugbetalen|annuleren|zwracać|anulować) (?:\\p{L}+ ){0,2}(?:commandes?|remises?|remboursements?|clients?|pedidos?|descuentos?|reembolsos?|ordini|sconti|rimborsi|descontos?|bestellingen|klanten|zamówienia|pieniądze)",
  ]),
];
