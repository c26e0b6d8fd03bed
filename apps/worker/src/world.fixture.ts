/**
 * A workspace of its own, with files and a letter box in memory: where one job happens once.
 *
 * @module
 */
import { createLocalProvider } from "@axon/ai/local/provider";
import type { AiProvider, ChatPart } from "@axon/ai/provider";
import type { Block } from "@axon/contracts/blocks";
import type { JobHandlers } from "@axon/contracts/jobs";
import type { Limits } from "@axon/contracts/limits";
import type { OutgoingLetter } from "@axon/contracts/mail";
import type { Web, WebPage } from "@axon/contracts/web";
import { createInWorkspace, type InWorkspace } from "@axon/core/context";
import type { Database, openPool } from "@axon/db/connect";
import { newId } from "@axon/db/ids";
import type { Cut } from "./cut.fixture.ts";
import { createHandlers } from "./handlers.ts";

export interface World {
  owner: ReturnType<typeof openPool>;
  database: Database;
  inWorkspace: InWorkspace;
  workspaceId: string;
  accountId: string;
  limits: Limits;
  files: Map<string, Uint8Array>;
  /** Each once: whoever carries letters knows them by their ids. */
  letters: Map<string, OutgoingLetter>;
}

export const letterSecrets = ["l".repeat(32)];

export async function newWorld({ owner, database, limits }: Pick<World, "owner" | "database" | "limits">): Promise<World> {
  const [workspaceId, accountId] = [newId(), newId()];
  await owner`insert into account (id, email, name, password_hash) values (${accountId}, ${`${accountId}@example.com`}, 'Owner', 'x')`;
  await owner`insert into workspace (id, name, slug) values (${workspaceId}, 'Shop', ${workspaceId})`;
  await owner`insert into membership (workspace_id, account_id, role, name) values (${workspaceId}, ${accountId}, 'owner', 'Owner')`;
  const inWorkspace = createInWorkspace(database, () => {});
  return { owner, database, limits, inWorkspace, workspaceId, accountId, files: new Map(), letters: new Map() };
}

/** The files of a world as every job sees them. */
export function filesOf({ files }: Pick<World, "files">) {
  return {
    presignPut: () => Promise.reject(new Error("nothing is uploaded here")),
    head: async (key: string) => (files.has(key) ? { bytes: files.get(key)?.length ?? 0 } : null),
    read: async (key: string) => {
      const bytes = files.get(key);
      if (!bytes) throw Object.assign(new Error("no such file"), { name: "StorageError", code: "missing" });
      return bytes;
    },
    write: async (key: string, bytes: Uint8Array) => void files.set(key, bytes),
    remove: async (keys: readonly string[]) => {
      for (const key of keys) files.delete(key);
    },
    list: async (prefix: string, max: number) => [...files.keys()].filter((key) => key.startsWith(prefix)).slice(0, max),
  };
}

/** The site that every world reads: two pages, of which the first leads to the second. */
export const site = "https://shop.example";
const pages: Record<string, string[]> = { [`${site}/`]: [`${site}/returns`], [`${site}/returns`]: [] };

function pageAt(url: string): WebPage {
  const links = pages[url];
  if (!links) throw Object.assign(new Error("no such page"), { name: "WebError", code: "http_404", transient: false });
  const bytes = new TextEncoder().encode(`The page at ${url} says how to return things.`);
  return {
    kind: "page",
    url,
    mime: "text/plain",
    bytes,
    etag: null,
    lastModified: null,
    title: url,
    canonical: null,
    noindex: false,
    links,
  };
}

const noWeb: Web = {
  check: () => {},
  linksOf: (url) => pages[url] ?? [],
  visit: () => {
    throw new Error("nothing is asked of the web here");
  },
};

/** What it takes to bring knowledge in, without a worker. */
export function knowledgeOf(world: World) {
  const { embedder, embedderOf } = createLocalProvider();
  return { inWorkspace: world.inWorkspace, files: filesOf(world), limits: world.limits, embedder, embedderOf, web: noWeb };
}

/** A model that answers in one sentence and cites the first passage. */
function provider(cut: Cut): AiProvider {
  const local = createLocalProvider();
  const ask = cut.port("model", { answer: async () => "You have thirty days." });
  return {
    ...local,
    embedder: { ...local.embedder, embed: cut.port("embedder", { embed: local.embedder.embed }).embed },
    confidence: { id: "sure", threshold: 0.5, score: () => 0.95 },
    chat: {
      id: "scripted",
      stream: async function* (): AsyncGenerator<ChatPart> {
        yield { type: "action", action: "answer" };
        yield { type: "text", text: await ask.answer() };
        yield { type: "usage", prompt: 10, completion: 4, estimated: false, price: null };
        yield { type: "finish", reason: "stop" };
      },
    },
  };
}

const parse = async ({ bytes }: { bytes: Uint8Array }): Promise<{ title: string | null; blocks: Block[] }> => ({
  title: null,
  blocks: new TextDecoder()
    .decode(bytes)
    .split("\n")
    .flatMap((text, place): Block[] => [
      { kind: "heading", level: 1, text: `Section ${place + 1}` },
      { kind: "paragraph", text },
    ]),
});

/** The worker's own handlers, each of whose doors is one at which it may die. */
export function handlersIn(world: World, cut: Cut): JobHandlers {
  const thinker = provider(cut);
  const pagesOf = cut.port("web", { page: async (url: string) => pageAt(url), sitemap: async () => ({ pages: [], sitemaps: [] }) });
  const web: Web = { ...noWeb, visit: () => pagesOf };
  const carrier = cut.port("mailer", {
    send: async (letter: OutgoingLetter) => {
      world.letters.set(letter.id, letter);
      return { outcome: "sent" as const };
    },
  });
  return createHandlers({
    database: cut.database,
    inWorkspace: createInWorkspace(cut.database, () => {}),
    files: cut.port("files", filesOf(world)),
    mailer: { send: (letter) => carrier.send(letter), appUrl: "https://axon.example", letterSecrets },
    embedder: thinker.embedder,
    embedderOf: (id) => (id === thinker.embedder.id ? thinker.embedder : null),
    provider: thinker,
    web,
    limits: world.limits,
    parse: cut.port("parser", { parse }).parse,
    openDeltas: () => ({ write: () => {}, flush: () => cut.port("deltas", { flush: async () => {} }).flush(), stop: () => {} }),
  });
}
