/**
 * A procedure's place in the REST API, and the types that keep the table of them whole: every procedure but the
 * subscriptions has one, nothing else does, and what a route says it answers is what its procedure gives.
 *
 * It refuses to know what a procedure does, and what it takes: that is read from the procedure itself.
 *
 * @module
 */
import type { AnyTRPCProcedure, AnyTRPCSubscriptionProcedure, inferProcedureOutput, TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import type { AppRouter } from "../router.ts";

export const restMethods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
export type RestMethod = (typeof restMethods)[number];

export interface RestRoute {
  method: RestMethod;
  /** Below `/v1`; a name in braces is a field of the input: `/agents/{agentId}`. */
  path: `/${string}`;
  /** What it does, in a sentence without a full stop. */
  summary: string;
  /** What it answers. Not run on answers: the types say that they fit. */
  output: z.ZodType;
  /** 200 unless something comes into being. */
  status?: 201;
}

/** One page of a list, whatever its items are. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

/** What a procedure answers that has nothing to say. */
export const ok = z.object({ ok: z.literal(true) });

type Named<Record extends TRPCRouterRecord, Prefix extends string = ""> = {
  [Name in keyof Record & string]: Record[Name] extends AnyTRPCProcedure
    ? { path: `${Prefix}${Name}`; procedure: Record[Name] }
    : Record[Name] extends TRPCRouterRecord
      ? Named<Record[Name], `${Prefix}${Name}.`>
      : never;
}[keyof Record & string];

type All = Named<AppRouter["_def"]["record"]>;
type Followed = Extract<All, { procedure: AnyTRPCSubscriptionProcedure }>;
/** The dotted path of every subscription. */
export type SubscriptionPath = Followed["path"];
/** The dotted path of every other procedure. */
export type CallPath = Exclude<All["path"], SubscriptionPath>;
type OutputOf<Path extends CallPath> = inferProcedureOutput<Extract<All, { path: Path }>["procedure"]>;

/** The routes of one router, whole, and each with an output that its procedure's answers fit; anything else does not compile. */
type Fitting<Router extends string, Routes> = {
  [Path in Extract<CallPath, `${Router}.${string}`>]: Path extends keyof Routes
    ? Routes[Path] extends { output: infer Schema extends z.ZodType }
      ? OutputOf<Path> extends z.output<Schema>
        ? RestRoute
        : RestRoute & { output: { theProcedureGives: OutputOf<Path> } }
      : RestRoute
    : RestRoute;
} & { [Path in Exclude<keyof Routes, Extract<CallPath, `${Router}.${string}`>>]: never };

/** The table of one router, as it is written. */
export function routesOf<Router extends string>(_router: Router) {
  return <const Routes extends { readonly [path: string]: RestRoute }>(routes: Routes & Fitting<Router, Routes>): Routes => routes;
}
