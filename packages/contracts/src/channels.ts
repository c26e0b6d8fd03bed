/**
 * Channels: where customers write in.
 *
 * @module
 */
import { z } from "zod";
import { businessHours, businessHoursInput } from "./business-hours.ts";
import { idempotencyKey, pageInput } from "./common.ts";
import { channelKinds } from "./conversations.ts";
import { talkRules } from "./talk-rules.ts";

/** Channels of one workspace that are not deleted. */
export const channelsMax = 50;
/** Web pages that one channel may be limited to. */
export const originsMax = 50;

/** Labels that one channel may give agents of their own, and that one conversation may bear. */
export const routesMax = 50;
const labelsMax = 20;

/** What a conversation is about, as the page that opens it knows. Upper and lower case are the same. */
export const routeLabel = z.string().trim().toLowerCase().min(1).max(60);
export const routeLabels = z.array(routeLabel).max(labelsMax);
const route = z.strictObject({ label: routeLabel, agentId: z.uuid() });

/** What a channel is set to, as it is kept. Secrets are not among it: they are sealed apart. */
export const channelSettings = z.object({
  /** Web pages that may open the widget (`https://shop.example`); none named: any. */
  allowedOrigins: z.array(z.string().max(300)).max(originsMax).optional(),
  /** True: only visitors whose identity the business has signed are let in. */
  requireIdentity: z.boolean().optional(),
  /** Labels with agents of their own, the first that fits first. */
  routes: z.array(route).max(routesMax).optional(),
  businessHours: businessHours.nullable().optional(),
  ...talkRules,
});
export type ChannelSettings = z.infer<typeof channelSettings>;

/** An origin as browsers send it: scheme, host and port, and nothing after them. */
const origin = z
  .string()
  .max(300)
  .refine((text) => originOf(text) !== null, "must be an origin like https://shop.example, without a path")
  .transform((text) => originOf(text) ?? text);

function originOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const bare = url.username === "" && url.password === "" && url.pathname === "/" && url.search === "" && url.hash === "";
  return bare && (url.protocol === "https:" || url.protocol === "http:") ? url.origin : null;
}

const settingsInput = z.strictObject({
  allowedOrigins: z.array(origin).max(originsMax).optional(),
  requireIdentity: z.boolean().optional(),
  ...talkRules,
});

/** Kinds that can be made. The `api` channel of a workspace is there by itself. */
export const creatableKinds = ["web"] as const;
const creatableKind = z.enum(creatableKinds, {
  error: ({ input }) =>
    input === "api" ? "every workspace has its api channel by itself" : `is not offered yet: a channel can be ${creatableKinds.join(", ")}`,
});

const channelName = z.string().trim().min(1).max(80);
export const createChannelInput = z.object({
  kind: creatableKind,
  name: channelName,
  agentId: z.uuid(),
  settings: settingsInput.prefault({}),
  idempotencyKey,
});
export type CreateChannelInput = z.output<typeof createChannelInput>;
/** Only what is given changes; each setting for itself, `routes` and `businessHours` as a whole. */
export const updateChannelInput = z.object({
  channelId: z.uuid(),
  name: channelName.optional(),
  agentId: z.uuid().optional(),
  /** True: from now on no agent answers here, replies in the making included; whoever writes waits for a person. */
  aiPaused: z.boolean().optional(),
  /** Which agent answers conversations that bear a label; the others are answered by `agentId`. */
  routes: z
    .array(route)
    .max(routesMax)
    .refine((routes) => new Set(routes.map(({ label }) => label)).size === routes.length, "names a label twice")
    .optional(),
  /** null: none, people are there at all times. */
  businessHours: businessHoursInput.nullable().optional(),
  settings: settingsInput.optional(),
});
export type UpdateChannelInput = z.output<typeof updateChannelInput>;
export const channelRef = z.object({ channelId: z.uuid() });
export const listChannelsInput = pageInput;

export const channel = z.object({
  id: z.uuid(),
  kind: z.enum(channelKinds),
  name: z.string(),
  /** The agent that answers here; null on the `api` channel, where every conversation names its own. */
  agentId: z.uuid().nullable(),
  /** What the widget is opened with. Not a secret. Null where there is no widget. */
  publicKey: z.string().nullable(),
  /** As they are in force: what was never set has its default. */
  settings: z.object({ allowedOrigins: z.array(z.string()), requireIdentity: z.boolean(), ...z.object(talkRules).required().shape }),
  aiPaused: z.boolean(),
  routes: z.array(route),
  businessHours: businessHours.nullable(),
  createdAt: z.string(),
});
export type Channel = z.infer<typeof channel>;

/** `identitySecret` is shown once: null when the same request is made again. */
export const createdChannel = channel.extend({ identitySecret: z.string().nullable() });
export type CreatedChannel = z.infer<typeof createdChannel>;
export const rotatedIdentitySecret = z.object({ identitySecret: z.string() });

/** What there is to choose from, and what each kind takes. */
export const channelKindInfo = z.object({
  kind: z.enum(channelKinds),
  name: z.string(),
  description: z.string(),
  /** False for what is there by itself. */
  creatable: z.boolean(),
  settings: z.array(z.object({ name: z.string(), description: z.string(), required: z.boolean() })),
  /** What a person has to do, in order. */
  steps: z.array(z.string()),
});
export type ChannelKindInfo = z.infer<typeof channelKindInfo>;
