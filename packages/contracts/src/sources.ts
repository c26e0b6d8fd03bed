/**
 * Sources: the shelves that documents stand on, where what stands on them comes from, and how often it is looked for again.
 *
 * @module
 */
import { z } from "zod";
import { idempotencyKey, pageInput } from "./common.ts";
import { audiences, labelList, languageTag, sourceKinds, syncStates } from "./knowledge.ts";
import { urlCharsMax } from "./web.ts";

/** Links away from the first page that pages are taken at most. */
export const depthMax = 10;
/** Pages of one source when nothing else is said; the plan may allow fewer. */
export const pagesUsual = 200;
/** Pages that a source may be set to at all. */
export const pagesMax = 50_000;
/** Pages that a source is told of one by one. */
export const ownPagesMax = 200;
/** A month. */
export const everyHoursMax = 720;
/** Failures in a row after which nobody looks at a source any more until somebody asks. */
export const syncFailuresMax = 10;

const webAddress = z
  .string()
  .trim()
  .min(1)
  .max(urlCharsMax)
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    "must be an address that starts with http:// or https://",
  );
const pathBeginning = z.string().trim().min(1).max(300).startsWith("/", "must begin with a slash");

/** Of kinds `url` and `sitemap` only; each may be left out. */
const settingsShape = {
  /** The page, the site's first page, or the sitemap. */
  url: webAddress,
  /** How many links away from `url` pages are taken; 0, and so when left out: that page alone. Of kind `url` only. */
  depth: z.int().min(0).max(depthMax),
  /** Parts that a page's path must begin with one of, and with none of. */
  include: z.array(pathBeginning).max(50),
  exclude: z.array(pathBeginning).max(50),
  pagesMax: z.int().min(1).max(pagesMax),
  /** Pages that are taken beside those that are found; `documents.addUrl` adds to them. */
  pages: z.array(webAddress).max(ownPagesMax),
  /** Looked at again this often; left out: only when somebody asks. */
  everyHours: z.int().min(1).max(everyHoursMax),
};
const sourceSettings = z.strictObject(settingsShape).partial();
export type SourceSettings = z.infer<typeof sourceSettings>;

const name = z.string().trim().min(1).max(120);

export const createSourceInput = z
  .object({
    kind: z.enum(sourceKinds),
    name,
    settings: sourceSettings.optional(),
    audience: z.enum(audiences).optional(),
    locale: languageTag.nullable().optional(),
    labels: labelList.optional(),
    idempotencyKey,
  })
  .superRefine(({ kind, settings }, context) => {
    const tell = (path: string[], message: string) => context.addIssue({ code: "custom", path, message });
    if (kind !== "url" && kind !== "sitemap") {
      if (settings !== undefined) tell(["settings"], "is only for sources of kind url or sitemap");
    } else if (settings?.url === undefined) tell(["settings", "url"], "is missing");
    if (kind === "sitemap" && settings?.depth !== undefined) tell(["settings", "depth"], "is only for sources of kind url");
  });

export const updateSourceInput = z.object({
  sourceId: z.uuid(),
  name: name.optional(),
  /** What is named changes, the rest stays. null takes a setting back. */
  settings: z
    .strictObject({
      url: settingsShape.url.optional(),
      depth: settingsShape.depth.nullable().optional(),
      include: settingsShape.include.nullable().optional(),
      exclude: settingsShape.exclude.nullable().optional(),
      pagesMax: settingsShape.pagesMax.nullable().optional(),
      pages: settingsShape.pages.nullable().optional(),
      everyHours: settingsShape.everyHours.nullable().optional(),
    })
    .optional(),
  audience: z.enum(audiences).optional(),
  locale: languageTag.nullable().optional(),
  labels: labelList.optional(),
});

export const sourceRef = z.object({ sourceId: z.uuid() });
export const listSourcesInput = pageInput;

/** What a sync found, and what it has found so far while it runs. */
const syncReport = z.object({
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** Pages that were seen, of which the rest are parts. */
  pages: z.int(),
  added: z.int(),
  changed: z.int(),
  unchanged: z.int(),
  removed: z.int(),
  skipped: z.int(),
  failed: z.int(),
  /** True when there were more pages than may be taken. */
  capped: z.boolean(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
});
export type SyncReport = z.infer<typeof syncReport>;

export const source = z.object({
  id: z.uuid(),
  kind: z.enum(sourceKinds),
  name: z.string(),
  documentCount: z.int(),
  audience: z.enum(audiences),
  locale: z.string().nullable(),
  labels: z.array(z.string()),
  settings: z.object(settingsShape).partial(),
  /** null for what is not looked for anywhere: files, texts, approved answers. */
  sync: z
    .object({
      state: z.enum(syncStates),
      /** When it is looked at next; null: only when somebody asks. */
      dueAt: z.string().nullable(),
      lastSyncedAt: z.string().nullable(),
      /** Failures in a row. */
      failures: z.int(),
      /** True when it failed so often that it is left alone until somebody asks. */
      paused: z.boolean(),
      report: syncReport.nullable(),
    })
    .nullable(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Source = z.infer<typeof source>;

export const pageStates = ["waiting", "fetched", "unchanged", "skipped", "failed"] as const;
export const listPagesInput = pageInput.extend({ sourceId: z.uuid(), state: z.enum(pageStates).optional() });
export const sourcePage = z.object({
  url: z.string(),
  state: z.enum(pageStates),
  /** Why it was skipped or failed. */
  reason: z.string().nullable(),
  /** Links away from the first page. */
  depth: z.int(),
  documentId: z.uuid().nullable(),
  checkedAt: z.string().nullable(),
});
export type SourcePage = z.infer<typeof sourcePage>;

export const addUrlInput = z.object({ sourceId: z.uuid(), url: webAddress, idempotencyKey });
