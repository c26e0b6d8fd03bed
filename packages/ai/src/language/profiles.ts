/**
 * What gives a language away in a few words: its small words, and letters that few others write. The eight languages
 * that the full-text analyser knows bring their stop words; the lists here are for telling languages apart only.
 *
 * @module
 */
import { stopWords } from "../lexical/stop-words.ts";

const words = (list: string): ReadonlySet<string> => new Set(list.trim().split(/\s+/));
const also = (known: ReadonlySet<string>, list: string): ReadonlySet<string> => new Set([...known, ...words(list)]);

export interface LanguageProfile {
  tag: string;
  /** Lower case, as they are written. */
  smallWords: ReadonlySet<string>;
  /** Letters that speak for it; each counts in part when the text has it. */
  letters?: RegExp;
}

/** Languages of the Latin script. Words of everyday support talk stand beside the small ones: questions are short. */
export const latinProfiles: readonly LanguageProfile[] = [
  {
    tag: "en",
    smallWords: also(
      stopWords.en,
      `hello hi hey thanks thank help need want would order refund account password please sorry im ive dont doesnt cant
       order orders email money shipping delivery open change cancel reset find make take yes`,
    ),
  },
  {
    tag: "es",
    smallWords: also(
      stopWords.es,
      `hola gracias buenos buenas días tardes quiero quisiera necesito pedido cuenta contraseña dónde devolver cambiar ayuda ayudar
       cancelar envío puedo pueden hacer tengo ser eso cuesta días llegado`,
    ),
    letters: /[ñ¿¡]/u,
  },
  {
    tag: "de",
    smallWords: also(
      stopWords.de,
      `hallo guten tag danke bitte möchte brauche bestellung konto passwort hilfe wo kommt gerne mal geht lange welches
       zurückgeben kündigen ändern bestellen lieferung versand meiner meinem dass könnt könnten sie habt`,
    ),
    letters: /[ßä]/u,
  },
  {
    tag: "fr",
    smallWords: also(
      stopWords.fr,
      `bonjour merci salut veux voudrais besoin commande compte aide svp quelqu'un où mot passe livraison annuler est-ce
       combien j'ai n'ai c'est qu'est l'heure d'une qu'il puis retourner changer remboursement faire`,
    ),
    letters: /[èêœùû]/u,
  },
  {
    tag: "it",
    smallWords: also(
      stopWords.it,
      `ciao buongiorno grazie vorrei ordine conto aiuto spedizione rimborso devo fare posso dov'è cos'è l'ordine annullare
       restituire cambiare salve avete miei`,
    ),
  },
  {
    tag: "pt",
    smallWords: also(
      stopWords.pt,
      `olá oi obrigado obrigada bom dia quero gostaria preciso pedido conta senha ajuda envio devolver cancelar fazer
       onde tenho tenha consigo entrega mudar vocês`,
    ),
    letters: /[ãõ]/u,
  },
  {
    tag: "nl",
    smallWords: also(
      stopWords.nl,
      `hallo dank bedankt graag wil bestelling rekening wachtwoord hulp bezorging levering retourneren annuleren goedemorgen
       mijn kunt krijg jullie lang duurt terug`,
    ),
  },
  {
    tag: "tr",
    smallWords: also(
      stopWords.tr,
      `merhaba teşekkürler teşekkür ederim istiyorum sipariş siparişim hesap hesabım şifre şifremi yardım iade kargo
       nasıl lütfen iptal edebilirim yapabilirim nerede gün içinde`,
    ),
    letters: /[ğışİ]/u,
  },
  {
    tag: "ro",
    smallWords: words(`și sau nu este sunt care ce cum cât câte câți unde când cine pentru din la cu pe în de a ai al ale au fost a fi mai
      prin după despre acest această acestea acel lui ei lor mea meu pot vreau bună ziua mulțumesc comanda contul parola ajutor îmi mi se
      să că dacă fără până între cei cele unei unui o un are avea`),
    letters: /[șțăâ]/u,
  },
  {
    tag: "vi",
    smallWords: words(`là của và có không được cho các một những người này đó với trong khi nào bao nhiêu ở đâu gì ai tôi bạn chào cảm ơn
      đơn hàng tài khoản mật khẩu giúp thế như từ đã sẽ về theo năm`),
    letters: /[ơưđạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]/u,
  },
  {
    tag: "pl",
    smallWords:
      words(`jest nie się na i w z do to że jak co czy od za po przez dla są był była było gdzie kiedy kto ile jaki jaka jakie który
      która które mogę chcę mój moje moja dzień dobry dziękuję zamówienie konto hasło pomoc proszę ma mam mnie mi o ten ta tym`),
    letters: /[łąęśźżćń]/u,
  },
  {
    tag: "sv",
    smallWords: words(`och att det som en ett på är av för med den till inte om jag har de hur vad när var vem vilken mitt min mina kan vill
      hej tack beställning lösenord hjälp från eller ni du får göra går`),
    letters: /[å]/u,
  },
  {
    tag: "da",
    smallWords:
      words(`og at det som en et på er af for med den til ikke om jeg har de hvordan hvad hvornår hvor hvem hvilken mit min mine kan
      vil hej tak bestilling adgangskode hjælp fra eller jer du får gør min`),
    letters: /[æø]/u,
  },
  {
    tag: "no",
    smallWords:
      words(`og at det som en et på er av for med den til ikke om jeg har de hvordan hva når hvor hvem hvilken mitt min mine kan vil
      hei takk bestilling passord hjelp fra eller dere du får gjør`),
    letters: /[æø]/u,
  },
  {
    tag: "fi",
    smallWords: words(`ja on ei se että en miten mitä mikä missä milloin kuka kuinka voin voinko haluan hei kiitos tilaus tilauksen salasana
      apua ovat oli minun tai jos kun niin myös mutta`),
    letters: /[äö]/u,
  },
  {
    tag: "cs",
    smallWords:
      words(`je se na a v s z do to že jak co kdy kde kdo kolik jaký jaká jaké který která které mohu chci můj moje dobrý den děkuji
      objednávka účet heslo pomoc prosím jsem jsou bylo byl pro od po při nebo není`),
    letters: /[ěřůčš]/u,
  },
  {
    tag: "hu",
    smallWords: words(`a az és hogy nem egy van is ez azt mi mit hol mikor ki hogyan mennyi melyik kérem köszönöm szia jó napot rendelés
      rendelésem jelszó fiók segítség szeretnék tudom vagy meg lehet`),
    letters: /[őű]/u,
  },
  {
    tag: "id",
    smallWords:
      words(`yang dan di ke dari ini itu untuk dengan tidak apa bagaimana kapan dimana mana siapa berapa saya kami anda bisa ada akan
      pada adalah pesanan akun kata sandi bantuan terima kasih halo sudah atau juga`),
  },
];
