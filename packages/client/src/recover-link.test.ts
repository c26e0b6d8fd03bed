import type { AppRouter } from "@axon/api/router";
import { createTRPCClient, TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { describe, expect, it } from "vitest";
import { recoverLink } from "./recover-link.ts";
import type { SessionKeeper } from "./session-keeper.ts";

const expired = () =>
  TRPCClientError.from({ error: { message: "expired", code: -32_001, data: { code: "UNAUTHORIZED", reason: "token_expired" } } });

/** A server whose streams start, say nothing, and end with an expired token after `lifeMs` of a clock that the test moves. */
function setUp(lifeMs: number) {
  const clock = { now: 0 };
  let tokens = 0;
  let subscribed = 0;
  let end = () => {};
  const keeper: SessionKeeper = {
    token: async () => `t${tokens}`,
    renew: async () => {
      tokens += 1;
      return `t${tokens}`;
    },
    adopt: async () => {},
    current: () => null,
  };
  const server: TRPCLink<AppRouter> = () => () =>
    observable((observer) => {
      subscribed += 1;
      observer.next({ result: { type: "started" } });
      end = () => {
        clock.now += lifeMs;
        observer.error(expired());
      };
      return () => {};
    });
  const client = createTRPCClient<AppRouter>({
    links: [
      recoverLink(
        keeper,
        () => {},
        () => clock.now,
      ),
      server,
    ],
  });
  const errors: unknown[] = [];
  client.conversations.onWorkspace.subscribe({}, { onError: (error) => errors.push(error) });
  return { errors, subscribed: () => subscribed, end: () => end() };
}

describe("mending a spent credential", () => {
  it("goes on for a silent stream through as many tokens as it outlives", async () => {
    const { errors, subscribed, end } = setUp(900_000);
    for (let tokens = 1; tokens <= 5; tokens++) {
      end();
      await expect.poll(subscribed).toBe(tokens + 1);
    }
    expect(errors).toEqual([]);
  });

  it("gives up on a stream that ends as soon as it starts, instead of asking for it without end", async () => {
    const { errors, subscribed, end } = setUp(10);
    end();
    await expect.poll(subscribed).toBe(2);
    end();
    await expect.poll(() => errors.length).toBe(1);
    expect(subscribed()).toBe(2);
  });
});
