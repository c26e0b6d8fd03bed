/**
 * The name that a queue knows a job by.
 *
 * @module
 */

/**
 * Makes a job id out of a cause's key: different keys give different ids. BullMQ refuses a colon in an id, and an id that
 * is only digits.
 */
export function jobIdOf(key: string): string {
  return `k-${key.replaceAll("%", "%25").replaceAll(":", "%3A")}`;
}

/** The key that an id was made of; the id itself when it is none of ours. */
export function keyOf(jobId: string): string {
  return jobId.startsWith("k-") ? jobId.slice(2).replaceAll("%3A", ":").replaceAll("%25", "%") : jobId;
}
