/**
 * A database of the test Redis for programs that cannot be given a prefix.
 *
 * @module
 */
import { Redis } from "ioredis";

export interface ClaimedRedis {
  url: string;
  /** Empties it as a restart without a disk would, and goes on holding it. */
  wipe(): Promise<void>;
  /** Empties it and lets go of it. */
  close(): Promise<void>;
}

const claim = "axon-test-claim";
const [lowest, highest] = [5, 15];
/** A run that was killed holds its database no longer than this. */
const claimSeconds = 900;

/** Claims a database that nobody uses by a key in it. Throws when none is free. */
export async function claimRedis(serverUrl: string): Promise<ClaimedRedis> {
  for (let number = highest; number >= lowest; number--) {
    const url = `${serverUrl.replace(/\/\d*$/, "")}/${number}`;
    const redis = new Redis(url, { maxRetriesPerRequest: 1 });
    if ((await redis.dbsize()) === 0 && (await redis.set(claim, "1", "EX", claimSeconds, "NX")) === "OK") {
      const wipe = async () => {
        await redis.multi().flushdb().set(claim, "1", "EX", claimSeconds).exec();
      };
      const close = async () => {
        await redis.flushdb();
        redis.disconnect();
      };
      return { url, wipe, close };
    }
    redis.disconnect();
  }
  throw new Error("no database of the test Redis is free");
}
