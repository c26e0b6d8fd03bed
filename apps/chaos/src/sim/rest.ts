/**
 * The end of a run: no more faults, everybody works on, until nothing is left to do.
 *
 * @module
 */
import { type Choice, choicesOf, type Scene } from "./choices.ts";
import { isNext } from "./people.ts";
import { Violation } from "./violation.ts";

/** Far more than any run needs. */
const stepsMax = 1_500;
/** Longer than a lease, and than a relay may keep what it took, in milliseconds. */
const longMs = 31_000;

/** Throws a violation when it goes on and on. `look` reads the database anew. */
export async function bringToRest(
  scene: Scene,
  step: (choice: Choice) => Promise<void>,
  left: () => { outbox: number; open: number },
  look: () => Promise<void>,
): Promise<void> {
  let idle = 0;
  for (let at = 0; at < stepsMax; at++) {
    const next = nextOf(scene);
    if (next) {
      await step(next);
      continue;
    }
    await look();
    const { outbox, open } = left();
    const { queue, clock } = scene;
    if (outbox === 0 && open === 0 && !queue.busy()) return;
    // Time, the relay and the sweepers in turn bring everything back that is worth it.
    const round = [() => clock.advance(longMs), () => scene.office.sweep("w1"), () => scene.office.relay("w1")];
    await step({ label: "the world goes its way", weight: 1, fault: false, do: round[idle++ % round.length] ?? (() => {}) });
  }
  const { outbox, open } = left();
  throw new Violation(
    open > 0 ? "a turn stayed open" : "a job was left behind",
    `no rest after ${stepsMax} steps: ${open} turns, ${outbox} jobs in the outbox`,
  );
}

/** Who is under way goes on; then what people wait for, then the jobs that are due. */
function nextOf(scene: Scene): Choice | undefined {
  const choices = choicesOf(scene).filter(({ fault }) => !fault);
  const line = scene.lines.find((one) => one.attempts > 0 && isNext(one, scene.lines) && one.underWay === 0);
  return (
    choices.find(({ label }) => label.includes(" goes on (")) ??
    choices.find(({ label }) => line && label === `${line.label} ${line.act} again`) ??
    choices.find(({ label }) => label.startsWith("w1 takes "))
  );
}
