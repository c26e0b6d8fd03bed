/**
 * The servers and workers of a run: what a request, a relay, a sweep and a reply's job do, as actors of the stage.
 *
 * @module
 */
import { createInWorkspace } from "@axon/core/context";
import {
  generateReply,
  type ReplyDeps,
  requeueTurn,
  returnToAi,
  sendMessage,
  setStatus,
  startConversation,
  takeOver,
} from "@axon/core/conversations";
import { Refusal } from "@axon/core/errors";
import { deliverOutbox, strikeOff } from "@axon/db/outbox";
import { findStuckTurns } from "@axon/db/sweep";
import type { SimClock } from "./clock.ts";
import type { SimDeltas } from "./deltas.ts";
import { gatedDatabase } from "./gated-database.ts";
import type { ScriptedModel } from "./model.ts";
import type { Line } from "./people.ts";
import type { Plant, PlantTools, Said, SimPorts } from "./ports.ts";
import type { SimJob, SimQueue } from "./queue.ts";
import { type Actor, Crashed, type Stage } from "./stage.ts";
import { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** A reply in a worker's hands. */
export interface Job {
  name: string;
  process: string;
  job: SimJob;
  controller: AbortController;
  /** What the worker would do once a second, while it holds the turn. */
  look: (() => Promise<void>) | null;
  looking: boolean;
}

export interface Office {
  readonly jobs: Set<Job>;
  /** Actors that met a fault of ours: what they throw then is no wonder. */
  readonly hurt: Set<string>;
  ask(line: Line, process: string): void;
  relay(process: string): void;
  sweep(process: string): void;
  work(job: SimJob, process: string): void;
  look(job: Job): void;
  /** The first thing that went wrong of itself. */
  trouble(): Violation | null;
}

export interface OfficeParts {
  world: World;
  stage: Stage;
  clock: SimClock;
  queue: SimQueue;
  model: ScriptedModel;
  deltas: SimDeltas;
  everyStatement(): boolean;
  plant: Plant | null;
  show: PlantTools["show"];
}

const relayBatchMax = 50;
const member = { as: "member" as const, accountId: null, name: "Mia" };

export function openOffice(parts: OfficeParts): Office {
  const { world, stage, clock, queue } = parts;
  const databaseOf = (actor: Actor) =>
    gatedDatabase(world.database, { stage, actor, now: clock.now, everyStatement: parts.everyStatement });
  const planted = parts.plant?.({ addJobs: (added) => queue.add(added, clock.nowMs()), show: parts.show }) ?? ((ports: SimPorts) => ports);
  const portsFor = (actor: Actor) => planted(portsOf(parts, actor, databaseOf(actor)));
  const jobs = new Set<Job>();
  const hurt = new Set<string>();
  const counts = new Map<string, number>();
  let trouble: Violation | null = null;

  const named = (base: string) => {
    const count = (counts.get(base) ?? 0) + 1;
    counts.set(base, count);
    return count === 1 ? base : `${base}#${count}`;
  };
  const blame = (name: string, error: Error | null) => {
    if (error === null || hurt.has(name) || error instanceof Crashed) return;
    trouble ??= new Violation("something broke that nobody had broken", `${name}: ${reasonOf(error)}`);
  };

  return {
    jobs,
    hurt,
    trouble: () => trouble,
    ask(line, process) {
      line.attempts += 1;
      line.underWay += 1;
      const { text, as, act, clientMessageId, attempts: attempt, talk } = line;
      const said: Said = { conversationId: talk.id, agentId: world.agents[talk.agent] ?? "", as, act, text, clientMessageId, attempt };
      const name = named(line.label);
      const asked = stage.spawn(name, process, async (actor) => {
        const ports = portsFor(actor);
        const id = await ports.say(said, ports.inWorkspace);
        talk.id ??= id;
        line.acknowledged = true;
      });
      asked
        .then((error) => {
          line.underWay -= 1;
          if (error instanceof Refusal) line.refused = true;
          else blame(name, error);
        })
        .catch(() => {}); // It never rejects.
    },
    relay(process) {
      const name = named(`${process}.relay`);
      const carried = stage.spawn(name, process, async (actor) => {
        await deliverOutbox(databaseOf(actor), relayBatchMax, async (batch) => {
          await stage.gate(actor, "queue");
          queue.add(batch, clock.nowMs());
          await stage.gate(actor, "queued");
        });
      });
      carried.then((error) => blame(name, error)).catch(() => {});
    },
    sweep(process) {
      const name = named(`${process}.sweep`);
      const swept = stage.spawn(name, process, async (actor) => {
        const ports = portsFor(actor);
        for (const { workspaceId, id } of await findStuckTurns(databaseOf(actor)))
          await ports.inWorkspace(workspaceId, (ws) => requeueTurn(ws, id, clock.nowMs()));
      });
      swept.then((error) => blame(name, error)).catch(() => {});
    },
    work(job, process) {
      const { lastAttempt } = queue.take(job, process);
      const turnId = String(job.payload["turnId"] ?? "");
      const name = named(`${process}.${job.label}`);
      const running: Job = { name, process, job, controller: new AbortController(), look: null, looking: false };
      jobs.add(running);
      const worked = stage.spawn(name, process, async (actor) => {
        // Other jobs are of no consequence for what is said.
        if (job.name !== "reply.generate") return strikeOff(databaseOf(actor), job.key);
        const turn = job.label.split("/")[0] ?? "";
        const deps = { ...portsFor(actor).replyDeps(turnId, turn), clock: clockOf(running, clock) };
        await generateReply(deps, { workspaceId: world.workspaceId, turnId }, { signal: running.controller.signal, lastAttempt });
      });
      worked
        .then((error) => {
          jobs.delete(running);
          queue.end(job, process, error !== null, clock.nowMs());
          if (!running.controller.signal.aborted) blame(name, error);
        })
        .catch(() => {});
    },
    look(job) {
      job.looking = true;
      (job.look?.() ?? Promise.resolve())
        .then(() => {
          job.looking = false;
        })
        .catch(() => {}); // It never throws.
    },
  };
}

function portsOf({ world, model, deltas }: OfficeParts, actor: Actor, database: World["database"]): SimPorts {
  const inWorkspace = createInWorkspace(database, () => {});
  return {
    inWorkspace,
    replyDeps: (_turnId, label) => ({
      inWorkspace,
      provider: model.provider(actor, label),
      openDeltas: (reply) => deltas.open(actor, reply),
    }),
    say: (said, through) => say(world.workspaceId, said, through),
  };
}

async function say(
  workspaceId: string,
  { conversationId, agentId, as, act, text, clientMessageId }: Said,
  inWorkspace: SimPorts["inWorkspace"],
): Promise<string> {
  const speaker = as === "member" ? member : { as: "contact" as const };
  if (conversationId !== null) {
    await inWorkspace(workspaceId, async (ws) => {
      if (act === "takes over") await takeOver(ws, conversationId, member);
      else if (act === "gives back") await returnToAi(ws, conversationId);
      else if (act === "resolves") await setStatus(ws, { conversationId, status: "resolved" });
      else await sendMessage(ws, { conversationId, text, as, clientMessageId }, speaker);
    });
    return conversationId;
  }
  const started = await inWorkspace(workspaceId, (ws) => startConversation(ws, { agentId, text, as, clientMessageId }, speaker));
  return started.conversation.id;
}

function clockOf(job: Job, clock: SimClock): NonNullable<ReplyDeps["clock"]> {
  return {
    nowMs: clock.nowMs,
    every(_intervalMs, run) {
      job.look = run;
      return () => {
        job.look = null;
      };
    },
  };
}

function reasonOf(error: Error): string {
  return error.cause instanceof Error ? `${error.message}: ${reasonOf(error.cause)}` : error.message;
}
