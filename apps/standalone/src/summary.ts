/**
 * The last thing that `npm start` prints: where everything is, and what to try.
 *
 * @module
 */
import type { Demo } from "./demo.ts";

/** Lines for the terminal. `provider` names what answers; the commands work when pasted in the project's folder. */
export function summary(demo: Demo, provider: "local" | "openai", home: string): string {
  const ask = `{"agentId":"${demo.agentId}","question":"Which countries do you ship to?"}`;
  return [
    "",
    "Axon is running.",
    "",
    `  API        ${demo.url}/trpc   (HTTP and WebSocket)`,
    `  Reference  ${demo.url}/v1/docs`,
    `  Health     ${demo.url}/readyz`,
    `  Login      ${demo.login.email} / ${demo.login.password}`,
    `  Workspace  ${demo.workspaceId}`,
    `  API key    ${demo.token}`,
    `  Answers    ${provider === "local" ? "by the built-in local provider, word for word from the documents (set OPENAI_API_KEY for a language model)" : "by the OpenAI API"}`,
    `  Data       ${home}`,
    "",
    "Try, in another terminal:",
    "",
    `  npm run -s axon -- ask "How many days do I have to return an item?"`,
    `  echo "What does a repair cost?" | npm run -s axon -- chat`,
    `  curl -s ${demo.url}/trpc/agents.ask -H 'authorization: Bearer ${demo.token}' -H 'content-type: application/json' -d '${ask}'`,
    "",
    "Ctrl-C ends it; npm start -- --fresh begins anew.",
  ].join("\n");
}
