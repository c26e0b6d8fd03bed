/**
 * A stand-in for the model's vendor as a process of its own: it quotes the documents, slowly enough to be cut off.
 *
 * @module
 */
import { answers } from "@axon/testing/openai/behaviours";
import { createFakeOpenAi } from "@axon/testing/openai/fake-openai";

/** Some sentences, in pieces of a dozen characters. */
const answer = "Returns are accepted within 30 days of delivery. [1] The shop pays for the way back. [1]";

const fake = await createFakeOpenAi();
fake.when(() => true, answers(answer, { pieceChars: 12, delayMs: 25 }));
process.send?.(fake.baseUrl);
