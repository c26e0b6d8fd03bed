/**
 * How the database goes about what a verb asks it, as the application's own role and behind its fences: every statement of the verb is
 * noted as it is sent, and then explained in the same transaction.
 *
 * @module
 */
import { createInWorkspace, type InWorkspace, type WorkspaceCtx } from "@axon/core/context";
import type { Database } from "@axon/db/connect";

type Reserved = Awaited<ReturnType<Database["app"]["reserve"]>>;
type Unsafe = Reserved["unsafe"];

interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  Plans?: PlanNode[];
}

/** Gives the short form of a verb's plans, statement by statement: the scans with their indexes, and what sorts or hashes. */
export function planReader(database: Pick<Database, "app">) {
  const sent: Parameters<Unsafe>[] = [];
  let explain: (text: string, params: Parameters<Unsafe>[1]) => Promise<PlanNode | undefined> = async () => undefined;
  const reserve = async () => {
    const connection = await database.app.reserve();
    explain = async (text, params) => {
      const [row] = await connection.unsafe<{ "QUERY PLAN": { Plan: PlanNode }[] }[]>(`explain (format json) ${text}`, params);
      return row?.["QUERY PLAN"][0]?.Plan;
    };
    const unsafe = (...asked: Parameters<Unsafe>) => {
      sent.push(asked);
      return connection.unsafe(...asked);
    };
    return new Proxy(connection, { get: (target, name) => (name === "unsafe" ? unsafe : Reflect.get(target, name)) });
  };
  // safe: a transaction asks its pool for a connection of its own, and for nothing else
  const inWorkspace = createInWorkspace({ app: { reserve } as unknown as Database["app"] }, () => {});
  return (workspaceId: string, verb: (ws: WorkspaceCtx) => Promise<unknown>, caller: Parameters<InWorkspace>[2]): Promise<string> =>
    inWorkspace(
      workspaceId,
      async (ws) => {
        sent.length = 0;
        await verb(ws);
        const plans: string[] = [];
        for (const [text, params] of sent.filter(([asked]) => /\bfrom\b/i.test(asked))) {
          const root = await explain(text, params);
          if (root) plans.push([...new Set(short(root))].join(", "));
        }
        return plans.join("; ");
      },
      caller,
    );
}

function short(node: PlanNode): string[] {
  const kind = node["Node Type"];
  const under = (node.Plans ?? []).flatMap(short);
  const on = node["Index Name"] ?? node["Relation Name"];
  if (on !== undefined && kind !== "Bitmap Heap Scan") return [`${kind} ${on}`, ...under];
  return ["Sort", "Incremental Sort", "Hash", "Bitmap Heap Scan"].includes(kind) ? [...under, kind] : under;
}
