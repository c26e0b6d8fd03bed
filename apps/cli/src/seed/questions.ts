/**
 * Questions to try on the demo handbook. Some have no answer in it: there a good agent says so.
 *
 * @module
 */
export interface ExampleQuestion {
  question: string;
  /** The handbook's document that answers it; null when none does. */
  document: string | null;
}

export const exampleQuestions: readonly ExampleQuestion[] = [
  { question: "How long can I return a tent?", document: "returns-and-refunds.md" },
  { question: "What does express shipping to Norway cost?", document: "shipping.md" },
  { question: "My Kingfisher E shows E07. What should I do?", document: "kingfisher-e-guide.pdf" },
  { question: "Which Heron should I take if I am between two sizes?", document: "sizing-guide.docx" },
  { question: "How do I wash my Stormcoat jacket?", document: "product-care.md" },
  { question: "What happens with my drops when it rains?", document: "puddle-club.html" },
  { question: "How much is a full service, and how long does it take?", document: "repairs-and-workshop.md" },
  { question: "Which countries do you ship to?", document: "shipping.md" },
  { question: "What does a tent zip replacement cost?", document: "repair-price-list.csv" },
  { question: "Is the Galway shop open on Mondays?", document: "store-hours.txt" },
  { question: "How long is a gift card valid?", document: "gift-cards.txt" },
  { question: "How long is the warranty on an e-bike battery?", document: "warranty.html" },
  { question: "Can I pay in instalments?", document: "faq.html" },
  { question: "What is the shop dog called?", document: "our-story.md" },
  { question: "Do you sell kayaks?", document: null },
  { question: "What is the chief executive's salary?", document: null },
  { question: "Can you deliver a sofa to Brazil by Friday?", document: null },
];
