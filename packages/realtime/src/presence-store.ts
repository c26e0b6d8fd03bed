/**
 * Which members are there, told by every server for its own streams and forgotten by itself when a server is not heard of again.
 *
 * @module
 */
import type { Redis } from "ioredis";

export interface PresenceStore {
  /** Says for `ttlMs` that these members are there. `server` names who says it: each takes back only its own words. */
  say(workspaceId: string, accountIds: readonly string[], server: string, ttlMs: number): Promise<void>;
  unsay(workspaceId: string, accountId: string, server: string): Promise<void>;
  /** The members of whom any server says it, each once. */
  online(workspaceId: string): Promise<string[]>;
}

/** For one process, and tests. `nowMs` is of a clock that never goes back. */
export function createMemoryPresence(nowMs: () => number = () => performance.now()): PresenceStore {
  const workspaces = new Map<string, Map<string, number>>();
  return {
    async say(workspaceId, accountIds, server, ttlMs) {
      const said = workspaces.get(workspaceId) ?? new Map<string, number>();
      for (const accountId of accountIds) said.set(`${accountId}:${server}`, nowMs() + ttlMs);
      workspaces.set(workspaceId, said);
    },
    async unsay(workspaceId, accountId, server) {
      const said = workspaces.get(workspaceId);
      if (said?.delete(`${accountId}:${server}`) && said.size === 0) workspaces.delete(workspaceId);
    },
    async online(workspaceId) {
      const now = nowMs();
      const said = workspaces.get(workspaceId) ?? new Map<string, number>();
      for (const [place, untilMs] of said) if (untilMs <= now) said.delete(place);
      return accountsOf([...said.keys()]);
    },
  };
}

// Redis's own clock, so that servers whose clocks differ agree on what has expired.
const sayScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for at = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[at]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
`;
const onlineScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
return redis.call('ZRANGE', KEYS[1], 0, -1)
`;

/** In Redis: one sorted set for a workspace, by when each word ends. The caller closes the connection. */
export function createRedisPresence({ redis, prefix }: { redis: Redis; prefix: string }): PresenceStore {
  const keyOf = (workspaceId: string) => `${prefix}presence:${workspaceId}`;
  return {
    async say(workspaceId, accountIds, server, ttlMs) {
      if (accountIds.length === 0) return;
      await redis.eval(sayScript, 1, keyOf(workspaceId), ttlMs, ...accountIds.map((accountId) => `${accountId}:${server}`));
    },
    async unsay(workspaceId, accountId, server) {
      await redis.zrem(keyOf(workspaceId), `${accountId}:${server}`);
    },
    async online(workspaceId) {
      const places: unknown = await redis.eval(onlineScript, 1, keyOf(workspaceId));
      return accountsOf(Array.isArray(places) ? places.map(String) : []);
    },
  };
}

function accountsOf(places: readonly string[]): string[] {
  return [...new Set(places.map((place) => place.slice(0, place.indexOf(":"))))].toSorted();
}
