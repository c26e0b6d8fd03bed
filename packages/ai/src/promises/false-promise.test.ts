import { describe, expect, it } from "vitest";
import { isFalsePromise } from "./false-promise.ts";

const promises: Record<string, string[]> = {
  English: [
    "I'll look into it and get back to you.",
    "We will e-mail you tomorrow with an update.",
    "I will forward your request to our billing team.",
    "Let me check that for you.",
    "One moment, please.",
    "A colleague will contact you within 24 hours.",
    "I've cancelled your order.",
    "You'll hear from us soon.",
    "I am looking into this right now.",
    "I’ll make sure the courier calls first.",
  ],
  German: [
    "Ich melde mich morgen bei Ihnen.",
    "Ich werde das prüfen und mich bei Ihnen melden.",
    "Einen Moment bitte, ich schaue nach.",
    "Ich habe Ihre Bestellung storniert.",
    "Ein Kollege meldet sich bei Ihnen.",
    "Wir kümmern uns darum.",
  ],
  Spanish: [
    "Me pondré en contacto con usted mañana.",
    "Voy a investigar su caso.",
    "Un momento, por favor.",
    "He cancelado su pedido.",
    "Le avisaremos en cuanto sepamos algo.",
  ],
  French: [
    "Je vous recontacterai demain.",
    "Je vais vérifier auprès de mon équipe.",
    "Un instant, s'il vous plaît.",
    "J'ai bien transmis votre demande.",
    "Nous reviendrons vers vous rapidement.",
  ],
  Italian: ["La ricontatterò domani.", "Verificherò con il magazzino.", "Un attimo, per favore.", "Ho annullato il suo ordine."],
  Portuguese: ["Vou verificar com a equipe.", "Entrarei em contato amanhã.", "Um momento, por favor.", "Já encaminhei o seu pedido."],
  Dutch: [
    "Ik neem morgen contact met u op.",
    "Ik ga het uitzoeken.",
    "Een moment geduld, alstublieft.",
    "Ik heb uw bestelling geannuleerd.",
  ],
  Turkish: ["Size yarın döneceğim.", "Hemen kontrol edeceğim.", "Lütfen bir dakika bekleyin."],
  Russian: ["Я свяжусь с вами завтра.", "Я проверю это.", "Подождите, пожалуйста.", "Наш специалист свяжется с вами."],
};
const harmless: Record<string, string[]> = {
  English: [
    "You can return it within 30 days.",
    "Let me know if you have any other questions.",
    "I'm happy to help.",
    "You will receive a link by e-mail.",
    "You can contact us at any time.",
    "Our support team is available from 9 to 5.",
    "To look into your orders, open the account page.",
    "Refunds are processed within five days.",
    "Check your spam folder, then wait ten minutes.",
    "If you cancelled your order, the money returns to your card.",
  ],
  German: [
    "Sie können innerhalb von 30 Tagen zurückgeben.",
    "Melden Sie sich gerne bei weiteren Fragen.",
    "Die Bestellung wird in zwei Tagen geliefert.",
    "Sie erhalten eine E-Mail mit einem Link.",
    "Ich helfe Ihnen gerne.",
  ],
  Spanish: ["Puede devolverlo en 30 días.", "Recibirá un correo con el enlace.", "Espero que esto le ayude.", "El envío tarda dos días."],
  French: [
    "Vous pouvez le retourner sous 30 jours.",
    "Vous recevrez un e-mail.",
    "N'hésitez pas à nous écrire.",
    "La livraison prend deux jours.",
  ],
  Italian: ["Può restituirlo entro 30 giorni.", "Riceverà una e-mail.", "Spero che questo la aiuti."],
  Portuguese: ["Pode devolver em 30 dias.", "Você receberá um e-mail.", "Espero ter ajudado."],
  Dutch: ["U kunt het binnen 30 dagen retourneren.", "U ontvangt een e-mail.", "Laat het ons weten als u vragen heeft."],
  Turkish: ["30 gün içinde iade edebilirsiniz.", "Bir e-posta alacaksınız."],
  Russian: ["Вы можете вернуть товар в течение 30 дней.", "Вы получите письмо со ссылкой."],
};

describe("a promise that nobody will keep", () => {
  it.each(Object.entries(promises))("is seen in %s", (_, sentences) => {
    expect(sentences.filter((sentence) => !isFalsePromise(sentence))).toEqual([]);
  });

  it.each(Object.entries(harmless))("is not seen where there is none in %s", (_, sentences) => {
    expect(sentences.filter((sentence) => isFalsePromise(sentence))).toEqual([]);
  });

  it("is none when a document makes it for the company, and still one in the agent's own voice", () => {
    const policy = "After you order we will e-mail you a confirmation.";
    expect(isFalsePromise("We will e-mail you a confirmation.")).toBe(true);
    expect(isFalsePromise("We will e-mail you a confirmation.", [policy])).toBe(false);
    expect(isFalsePromise("I will e-mail you a confirmation.", [policy])).toBe(true);
    expect(isFalsePromise("Let me check that for you.", ["Let me check that for you."])).toBe(true);
  });
});
