/** What the made-up customers of Puddle & Pine are called, and what they and the shop say. Words only. */
export const firstNames =
  "Aoife Ben Carla Dmitri Ewa Femi Grace Hamid Ines Jonas Keiko Liam Maeve Nadia Oisin Priya Quentin Rosa Siobhan Tomasz Una Viktor Wanjiru Xavier Yara Zoltan".split(
    " ",
  );
export const lastNames =
  "Ahern Bianchi Costa Dvorak Eriksen Fitzgerald Gupta Hughes Ivanova Jansen Kowalski Lindqvist Moran Nakamura Okafor Petrov Quinn Romero Schmidt Tanaka Umarov Vidal Walsh Xu Yilmaz Zielinski".split(
    " ",
  );
export const products = [
  ...["Ridgeback touring bicycle", "Pebble folding bicycle", "Otter rain jacket", "Heron rain trousers", "Wren children's poncho"],
  ...[
    "Burrow two-person tent",
    "Warren family tent",
    "Larch sleeping mat",
    "Tarn panniers",
    "Beacon front light",
    "Bramble helmet",
    "Sedge gaiters",
  ],
];
export const places = ["Harrowmouth", "Galway", "Leeds", "Lyon", "Porto", "Kraków", "Utrecht", "Malmö", "Graz", "Bilbao"];

/** What a conversation is about: how it is tagged, how it begins, and how it goes on. `{p}` is a product, `{o}` an order, `{c}` a place. */
interface Topic {
  tags: readonly string[];
  asks: readonly string[];
  answers: readonly string[];
  replies: readonly string[];
}
export const topics: readonly Topic[] = [
  {
    tags: ["delivery"],
    asks: [
      "Where is my order {o}? The {p} was due last week.",
      "Tracking for {o} has said “in transit” in {c} for five days now.",
      "Can you still change the address of {o} to {c}?",
    ],
    answers: [
      "Order {o} left our warehouse and is with the carrier in {c}. It should be with you within two working days.",
      "I have asked the carrier about {o}; they answer within a day.",
    ],
    replies: ["Thanks, I'll wait then.", "It was left with a neighbour, found it!", "Still nothing here. Can somebody look at it?"],
  },
  {
    tags: ["refund", "returns"],
    asks: [
      "The {p} doesn't fit. How do I send it back?",
      "I returned {o} two weeks ago and there is no refund yet.",
      "Can I get my money back for a {p} that I have used once?",
    ],
    answers: [
      "You can return the {p} within 45 days, used or not, as long as it is clean. The label is on its way to you by e-mail.",
      "The refund for {o} was sent today; banks take up to three days.",
    ],
    replies: ["Great, thank you!", "Does that include the postage?", "The label won't print."],
  },
  {
    tags: ["repair", "warranty"],
    asks: ["A seam of my {p} has opened after one season.", "The gears of my {p} slip under load.", "Is a broken zip on the {p} covered?"],
    answers: [
      "That is covered: seams and zips for five years. Bring it to the workshop in Harrowmouth or post it to us.",
      "It sounds like the cable has stretched. The first service of the {p} is free.",
    ],
    replies: ["How long does a repair take?", "I'll drop it off on Saturday.", "I have no receipt any more, is that a problem?"],
  },
  {
    tags: ["advice"],
    asks: [
      "Which {p} would you take for a week in {c} in October?",
      "Is the {p} big enough for two people who are 1.90 m tall?",
      "What is the difference between the {p} and last year's?",
    ],
    answers: [
      "For a week in {c} I would take the {p}: it stands a good wind and dries in an hour.",
      "The {p} is 215 cm long inside, so two tall people have room.",
    ],
    replies: ["That helps a lot.", "And how heavy is it?", "Is it in stock?"],
  },
  {
    tags: ["billing", "urgent"],
    asks: [
      "I was charged twice for {o}.",
      "Could I have an invoice for {o} with our VAT number on it?",
      "My gift card for the {p} is not accepted at checkout.",
    ],
    answers: [
      "I see both charges for {o}. One of them is only reserved and goes back by itself by tomorrow.",
      "The invoice for {o} is attached to your confirmation; I have sent it again.",
    ],
    replies: ["Perfect.", "It is still on my statement.", "Please send it to our accounts in {c} as well."],
  },
  {
    tags: [],
    asks: [
      "¿Cuándo llega mi pedido {o}? Lo necesito en {c} el viernes.",
      "Mein Paket {o} ist nicht angekommen, die Sendung steht seit Tagen in {c}.",
      "Bonjour, où en est ma commande {o} ?",
    ],
    answers: ["Order {o} is with the carrier in {c} and comes within two working days."],
    replies: ["Gracias.", "Danke schön!", "Merci beaucoup."],
  },
];
export const closings = [
  "Anything else I can do for you?",
  "Have a good ride!",
  "You're welcome.",
  "I've closed this; write again at any time.",
];
