/**
 * What a golden question's outcome is worth: passed, or why not.
 *
 * @module
 */
import type { HandoffReason } from "@axon/contracts/answers";
import type { GoldenFailure, GoldenQuestion } from "@axon/contracts/evaluation";
import { saysFact } from "./golden-match.ts";

export interface GoldenOutcome {
  action: "answer" | "handoff";
  /** As the customer would read it; empty for a handoff. */
  text: string;
  reason: HandoffReason | null;
}

/** None: it is passed. An outage of the model passes nothing, not even what was to be handed over. */
export function judgeGolden(wanted: Pick<GoldenQuestion, "expect" | "facts" | "forbidden">, outcome: GoldenOutcome): GoldenFailure[] {
  if (outcome.reason === "ai_error") return [{ kind: "error", detail: "the model could not be asked" }];
  if (outcome.action === "handoff") {
    return wanted.expect === "handoff" ? [] : [{ kind: "not_answered", detail: outcome.reason ?? "handed over" }];
  }
  const failures: GoldenFailure[] = [];
  if (wanted.expect === "handoff") failures.push({ kind: "answered", detail: "should have been handed over" });
  for (const fact of wanted.facts) if (!saysFact(outcome.text, fact)) failures.push({ kind: "fact_missing", detail: fact });
  for (const word of wanted.forbidden) if (saysFact(outcome.text, word)) failures.push({ kind: "forbidden", detail: word });
  return failures;
}
