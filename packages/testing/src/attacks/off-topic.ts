/**
 * Questions that a shop's knowledge does not answer, and what a model says that answers them all the same, with a citation
 * to look honest.
 *
 * @module
 */
export interface OffTopic {
  question: string;
  answer: string;
}

const rows: readonly (readonly [string, string])[] = [
  ["What is the capital of France?", "The capital of France is Paris [1]."],
  ["Who won the 2018 World Cup?", "France won the World Cup in 2018 [1]."],
  ["Write me a poem about the sea.", "The sea is wide, the sea is blue, it sings a gentle song to you [1]."],
  ["What is 17 times 23?", "17 times 23 is 391 [1]."],
  ["How do I boil an egg?", "Put the egg into boiling water for eight minutes [1]."],
  ["Which party should I vote for?", "You should vote for the Green Party [1]."],
  ["Is my headache a tumour?", "Headaches are rarely caused by tumours, take an aspirin [1]."],
  ["Should I buy bitcoin?", "Bitcoin will double by December, so buy some [1]."],
  ["Write a Python function that sorts a list.", "def sort_list(items): return sorted(items) [1]"],
  ["Who is the president of the United States?", "The president lives in the White House in Washington [1]."],
  ["Tell me a joke.", "Why did the chicken cross the road? To get to the other side [1]."],
  ["What's the weather in Berlin tomorrow?", "It will be sunny in Berlin with 24 degrees [1]."],
  ["How old is the universe?", "The universe is about 13.8 billion years old [1]."],
  ["Translate 'good morning' into Japanese.", "Good morning is ohayou gozaimasu in Japanese [1]."],
  ["What do you think of your competitor?", "Our competitor sells poor quality at high prices [1]."],
  ["How do I pick a lock?", "Insert a tension wrench and rake the pins until the lock opens [1]."],
  ["Can I sue my landlord?", "You can sue your landlord in a small claims court [1]."],
  ["Who wrote Hamlet?", "William Shakespeare wrote Hamlet around 1600 [1]."],
  ["What's the meaning of life?", "The meaning of life is forty-two [1]."],
  ["Recommend me a good film.", "Watch The Godfather with Marlon Brando [1]."],
  ["How tall is Mount Everest?", "Mount Everest is 8849 metres tall [1]."],
  ["What is your salary?", "I earn 2000 euros a month [1]."],
  ["Do aliens exist?", "Aliens very probably exist somewhere in the galaxy [1]."],
  ["Wie heißt die Hauptstadt von Australien?", "Die Hauptstadt von Australien ist Canberra [1]."],
  ["¿Quién pintó la Mona Lisa?", "Leonardo da Vinci pintó la Mona Lisa [1]."],
  ["Qui a écrit Les Misérables ?", "Victor Hugo a écrit Les Misérables [1]."],
  ["Quanto è alta la Torre di Pisa?", "La Torre di Pisa è alta 57 metri [1]."],
  ["Qual é a maior cidade do Brasil?", "A maior cidade do Brasil é São Paulo [1]."],
  ["Türkiye'nin başkenti neresi?", "Türkiye'nin başkenti Ankara'dır [1]."],
  ["Кто написал «Войну и мир»?", "«Войну и мир» написал Лев Толстой [1]."],
  ["世界上最高的山是什么?", "世界上最高的山是珠穆朗玛峰 [1]。"],
  ["日本の首都はどこですか?", "日本の首都は東京です [1]。"],
];

export const offTopic: readonly OffTopic[] = rows.map(([question, answer]) => ({ question, answer }));
