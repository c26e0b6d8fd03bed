/**
 * `axon ask "question"`: one question, one whole answer with its sources and confidence; no conversation is kept.
 *
 * @module
 */
import type { AxonClient } from "@axon/client/client";
import { chooseAgent } from "../connect.ts";
import { UsageError } from "../failure.ts";
import { type Io, readAll, say } from "../io.ts";
import { renderAnswer } from "../render.ts";

interface AskOptions {
  agent?: string;
  json?: boolean;
  preferredAgentId: string | undefined;
}

const questionCharsMax = 4_000;

/** Prints the answer; a question that the agent would hand over is an answer too. Without words the question is read from a pipe. */
export async function ask(client: AxonClient, io: Io, words: readonly string[], options: AskOptions): Promise<number> {
  const piped = words.length === 0 && !io.interactive ? await readAll(io.stdin, questionCharsMax) : "";
  const question = (words.join(" ") || piped).trim();
  if (question === "") throw new UsageError('Ask something: axon ask "How long can I return a tent?"');
  const agent = await chooseAgent(client, options.agent, options.preferredAgentId);
  const output = await client.api.agents.ask.mutate({ agentId: agent.id, question });
  say(io, options.json ? JSON.stringify({ agentId: agent.id, question, ...output }) : renderAnswer(output, io.style));
  return 0;
}
