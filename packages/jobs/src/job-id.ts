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
