import { describe, expect, it } from "vitest";
import { smallTalk, wantsPerson } from "./intents.ts";

describe("a customer who asks for a person", () => {
  it.each([
    "I want to talk to a human",
    "Can I speak with a real person please?",
    "Please connect me to an agent.",
    "talk to a person",
    "human please",
    "I need to speak to someone from your support team",
    "This is useless. Let me talk to a manager!",
    "I never got help, I want to talk to a human",
    "Why can't I talk to a human?",
    "Transfer me to customer service",
    "Can I get a real human?",
    "Quiero hablar con un agente",
    "Necesito hablar con una persona",
    "Ich möchte mit einem Menschen sprechen",
    "Kann ich mit einem Mitarbeiter reden?",
    "Je veux parler à un conseiller",
    "Vorrei parlare con un operatore",
    "Quero falar com um atendente",
    "Bir insanla görüşmek istiyorum",
    "Соедините меня с оператором",
    "转人工",
    "我要找真人客服",
    "担当者と話したいです",
    "أريد التحدث مع موظف",
    "मुझे किसी इंसान से बात करनी है",
  ])("is heard: %s", (message) => expect(wantsPerson(message)).toBe(true));

  it.each([
    "How do I add an agent to my team?",
    "Can an agent transfer a conversation to another person?",
    "How can customers chat with an agent in the app?",
    "What does the human resources department do?",
    "I don't want to talk to a human, just tell me the price",
    "Can I return it without talking to anyone?",
    "How many people can use one account?",
    "Is personal data stored?",
    "Who is your sales representative in Germany?",
    "How do I transfer my licence to another person?",
    "我的人工智能设置在哪里",
    "¿Puedo añadir otra persona a mi cuenta?",
    "",
  ])("is not heard where nobody asks: %s", (message) => expect(wantsPerson(message)).toBe(false));
});

describe("small talk", () => {
  it.each([
    ["Hi", "greeting"],
    ["hello there!", "greeting"],
    ["Good morning 👋", "greeting"],
    ["Thanks!", "thanks"],
    ["ok, thank you so much :)", "thanks"],
    ["Bye", "goodbye"],
    ["¡Hola!", "greeting"],
    ["Vielen Dank!", "thanks"],
    ["merci beaucoup", "thanks"],
    ["спасибо", "thanks"],
    ["谢谢！", "thanks"],
    ["你好", "greeting"],
    ["ありがとうございます", "thanks"],
    ["شكرا", "thanks"],
    ["नमस्ते", "greeting"],
  ])("is answered politely: %s", (message, kind) => expect(smallTalk(message)).toMatchObject({ kind, reply: expect.stringMatching(/\S/) }));

  it.each([
    "Hi, how do I reset my password?",
    "Thanks, but it still does not work",
    "hello world program",
    "high",
    "Is bye a word?",
    "",
    "?",
  ])("is not what a question is taken for: %s", (message) => expect(smallTalk(message)).toBeNull());
});
