/**
 * The delta buffer in Redis: one list a reply, gone ten minutes after its last piece. Any process may write and any may read.
 *
 * @module
 */
import type { Redis } from "ioredis";
import { type DeltaBuffer, deltasKeptMs, piecesMax, type ReplyRef } from "./deltas.ts";

// One script, so that two appends of the same piece (a retry after a timeout) cannot both see it missing.
const appendScript = `
local length = redis.call('LLEN', KEYS[1])
local from, most = tonumber(ARGV[1]), tonumber(ARGV[2])
if from > length then return length end
for at = 4 + length - from, #ARGV do
  if length >= most then break end
  length = redis.call('RPUSH', KEYS[1], ARGV[at])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return length
`;

export interface RedisDeltasOptions {
  /** An ordinary connection, not one that listens. The caller closes it. */
  redis: Redis;
  prefix: string;
  keptMs?: number;
}

export function createRedisDeltas({ redis, prefix, keptMs = deltasKeptMs }: RedisDeltasOptions): DeltaBuffer {
  const keyOf = (reply: ReplyRef) => `${prefix}deltas:${reply.workspaceId}:${reply.conversationId}:${reply.replyId}`;
  return {
    async append(reply, from, texts) {
      const next = await redis.eval(appendScript, 1, keyOf(reply), from, piecesMax, keptMs, ...texts);
      return Number(next);
    },
    read: (reply, from) => redis.lrange(keyOf(reply), from, -1),
  };
}
