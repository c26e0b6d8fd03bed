/**
 * The typed client of Axon for dashboards, command lines and scripts: calls over batched HTTP, news over a WebSocket,
 * one session kept fresh behind both. Runs in Node and in browsers.
 *
 * It refuses to know what a caller does with it, and it keeps nothing on disk: `onSession` hands that to the caller.
 *
 * @module
 */
import type { AppRouter } from "@axon/api/router";
import type { Session } from "@axon/contracts/auth";
import type { Document } from "@axon/contracts/knowledge";
import { createTRPCClient, httpBatchLink, httpLink, splitLink, type TRPCClient } from "@trpc/client";
import { type DocumentPorts, type UploadInput, uploadDocument, type WaitOptions, waitForDocument } from "./documents.ts";
import { axonErrorOf } from "./errors.ts";
import { type ConnectionState, type FeedObserver, type FollowedEvent, type FollowOptions, follow } from "./follow.ts";
import { noteSentToken, publicPaths, recoverLink } from "./recover-link.ts";
import { type Credentials, createSessionKeeper } from "./session-keeper.ts";
import { createSocket, type WebSocketClass } from "./socket.ts";

export interface AxonClientOptions {
  /** Where the server is: `http://127.0.0.1:3001`. */
  url: string;
  /** An API key or access token, used as it is. */
  token?: string | undefined;
  /** Signs in with these when first needed, and again if the session can't be renewed. */
  credentials?: Credentials | undefined;
  /** A session from before; it is renewed when due. */
  session?: Session | undefined;
  /** Every new session, for those who keep it. The call that needed it waits for this. */
  onSession?: ((session: Session) => void | Promise<void>) | undefined;
  /** What is stored now, asked before renewing: another process may have renewed it already. */
  reloadSession?: (() => Promise<Session | null>) | undefined;
  /** Left out with a session, its only workspace is meant; an API key knows its own. */
  workspaceId?: string | undefined;
  WebSocket?: WebSocketClass | undefined;
  fetch?: typeof globalThis.fetch | undefined;
  /** How long one HTTP call may take; an answer of `agents.ask` is one call. */
  requestTimeoutMs?: number | undefined;
}

export interface AxonClient {
  /** Every procedure, typed by the server's own router. */
  readonly api: TRPCClient<AppRouter>;
  /** Acts as this session from now on, e.g. what `auth.signUp` gave. */
  adoptSession(session: Session): Promise<void>;
  useWorkspace(workspaceId: string | undefined): void;
  workspaceId(): string | undefined;
  /** Events as async iterables that survive reconnects; aborting the signal ends them without an error. */
  readonly follow: {
    /** Without `lastEventId`: all that happens after this call. */
    conversation(
      input: { conversationId: string; lastEventId?: string | undefined },
      options?: FollowOptions,
    ): AsyncGenerator<FollowedEvent, void, undefined>;
    workspace(input?: { lastEventId?: string | undefined }, options?: FollowOptions): AsyncGenerator<FollowedEvent, void, undefined>;
    progress(
      input?: { documentId?: string | undefined; lastEventId?: string | undefined },
      options?: FollowOptions,
    ): AsyncGenerator<FollowedEvent, void, undefined>;
  };
  /** Uploads a file of any size the server takes and queues it for reading. */
  uploadDocument(input: UploadInput): Promise<{ documentId: string }>;
  /** Waits until a document is `ready` or `failed`. */
  waitForDocument(documentId: string, options?: WaitOptions): Promise<Document>;
  /** Ends every follower and closes the socket. */
  close(): Promise<void>;
}

/** Calls in one HTTP request. Well below the server's own limit, so that one slow call holds up few others. */
const batchItemsMax = 10;
/** Longest address of a GET; beyond it the batch is split. */
const urlCharsMax = 6_000;
/** Longer than the server itself waits for an answer of `agents.ask` (120 s), so that its own word comes first. */
const requestTimeoutMsDefault = 150_000;

/** Makes a client. Nothing is sent before the first call; a session is opened when a call first needs one. */
export function createAxonClient(options: AxonClientOptions): AxonClient {
  const base = options.url.replace(/\/+$/, "");
  const trpcUrl = `${base}/trpc`;
  const http = withTimeout(options.fetch ?? globalThis.fetch, options.requestTimeoutMs ?? requestTimeoutMsDefault);
  const closed = new AbortController();
  let chosenWorkspace = options.workspaceId;

  const bare = createTRPCClient<AppRouter>({ links: [httpLink({ url: trpcUrl, fetch: http })] });
  const keeper = createSessionKeeper({
    token: options.token,
    credentials: options.credentials,
    session: options.session,
    onSession: options.onSession,
    reloadSession: options.reloadSession,
    signIn: (credentials) => bare.auth.signIn.mutate(credentials),
    refresh: (refreshToken) => bare.auth.refresh.mutate({ refreshToken }),
    now: Date.now,
  });

  const workspaceId = () => {
    if (chosenWorkspace !== undefined) return chosenWorkspace;
    const memberships = keeper.current()?.memberships ?? [];
    return memberships.length === 1 ? memberships[0]?.workspace.id : undefined;
  };

  const socket = createSocket({ url: `${trpcUrl.replace(/^http/, "ws")}`, keeper, workspaceId, WebSocket: options.WebSocket });
  const api = createTRPCClient<AppRouter>({
    links: [
      recoverLink(keeper, socket.retire),
      splitLink({
        condition: (op) => op.type === "subscription",
        true: socket.link,
        false: httpBatchLink({
          url: trpcUrl,
          fetch: http,
          maxItems: batchItemsMax,
          maxURLLength: urlCharsMax,
          async headers({ opList }) {
            if (opList.every((op) => publicPaths.has(op.path))) return {};
            const token = await keeper.token();
            for (const op of opList) noteSentToken(op, token);
            const workspace = workspaceId();
            return {
              ...(token === null ? {} : { authorization: `Bearer ${token}` }),
              ...(workspace === undefined ? {} : { "x-workspace-id": workspace }),
            };
          },
        }),
      }),
    ],
  });

  const followers = createFollowers(api, closed.signal);
  const documents = documentPorts(api, followers, http, base);

  return {
    api,
    adoptSession: (session) => keeper.adopt(session),
    useWorkspace(next) {
      chosenWorkspace = next;
    },
    workspaceId,
    follow: followers,
    uploadDocument: (input) => uploadDocument(documents, input),
    waitForDocument: (documentId, waitOptions) => waitForDocument(documents, documentId, waitOptions),
    async close() {
      closed.abort();
      await socket.close();
    },
  };
}

/** The three streams, each ended by `closed` as well as by its caller. */
function createFollowers(api: TRPCClient<AppRouter>, closed: AbortSignal): AxonClient["follow"] {
  const followWith = (subscribe: SubscribeTelling, lastEventId: string | undefined, followOptions: FollowOptions) => {
    const telling = createStateTeller(followOptions);
    const signal = followOptions.signal ? AbortSignal.any([closed, followOptions.signal]) : closed;
    return follow((after, observer) => subscribe(after, telling(observer)), lastEventId, signal);
  };

  return {
    async *conversation({ conversationId, lastEventId }, followOptions = {}) {
      // A fixed place to start from: without it, a cut before the first event would leave a gap.
      const from = lastEventId ?? (await api.conversations.get.query({ conversationId }).catch(rethrow)).lastEventId;
      yield* followWith(
        (after, observer) => api.conversations.onConversation.subscribe({ conversationId, lastEventId: after }, observer),
        from,
        followOptions,
      );
    },
    workspace: ({ lastEventId } = {}, followOptions = {}) =>
      followWith(
        (after, observer) => api.conversations.onWorkspace.subscribe({ lastEventId: after }, observer),
        lastEventId,
        followOptions,
      ),
    progress: ({ documentId, lastEventId } = {}, followOptions = {}) =>
      followWith(
        (after, observer) => api.knowledge.onProgress.subscribe({ documentId, lastEventId: after }, observer),
        lastEventId,
        followOptions,
      ),
  };
}

function documentPorts(api: TRPCClient<AppRouter>, followers: AxonClient["follow"], http: Fetch, base: string): DocumentPorts {
  return {
    createUpload: (input: { sourceId: string; name: string; mime: string; bytes: number }) =>
      api.knowledge.documents.createUpload.mutate(input).catch(rethrow),
    // The signed address may be relative to the server; it carries its own permission, so no token goes with it.
    put: (url: string, init: { headers: Record<string, string>; body: Uint8Array }) =>
      http(new URL(url, `${base}/`), { method: "PUT", headers: init.headers, body: init.body }),
    completeUpload: (input: { documentId: string }) => api.knowledge.documents.completeUpload.mutate(input).catch(rethrow),
    get: (input: { documentId: string }) => api.knowledge.documents.get.query(input),
    progress: (documentId: string, signal: AbortSignal) => followers.progress({ documentId }, { signal }),
  };
}

/** What we do on a caller's behalf fails in one shape. */
function rethrow(cause: unknown): never {
  throw axonErrorOf(cause);
}

/**
 * Adds to the observers of one follower what tells its caller the connection's state, each change once. tRPC tells `connecting` and
 * `pending`, which means the socket is open; a socket that breaks before anything was sent on it is told by the error alone.
 */
function createStateTeller({ onState }: FollowOptions) {
  let told: ConnectionState | null = null;
  const tell = (state: ConnectionState) => {
    if (state === told) return;
    told = state;
    onState?.(state);
  };
  return (observer: FeedObserver): TellingObserver => ({
    ...observer,
    onError(error) {
      tell("connecting");
      observer.onError(error);
    },
    onConnectionStateChange({ state }) {
      if (state !== "idle") tell(state === "pending" ? "connected" : "connecting");
    },
  });
}

interface TellingObserver extends FeedObserver {
  onConnectionStateChange(change: { state: "idle" | "connecting" | "pending" }): void;
}
type SubscribeTelling = (lastEventId: string | undefined, observer: TellingObserver) => { unsubscribe(): void };

type Fetch = (
  input: string | URL | Request,
  init?: Omit<RequestInit, "signal"> & { signal?: AbortSignal | null | undefined },
) => ReturnType<typeof globalThis.fetch>;

/** The same fetch, given up with a TimeoutError after `timeoutMs`. */
function withTimeout(fetch: typeof globalThis.fetch, timeoutMs: number): Fetch {
  return (input, init) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    return fetch(input, { ...init, signal: init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout });
  };
}
