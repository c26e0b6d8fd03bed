/**
 * How many of something each key has in this process, up to a limit.
 *
 * @module
 */
export interface Tally {
  /** False, and not counted, when the key has as many as it may. */
  enter(key: string): boolean;
  leave(key: string): void;
}

export function createTally(max: number): Tally {
  const counts = new Map<string, number>();
  return {
    enter(key) {
      const count = counts.get(key) ?? 0;
      if (count >= max) return false;
      counts.set(key, count + 1);
      return true;
    },
    leave(key) {
      const count = (counts.get(key) ?? 0) - 1;
      if (count > 0) counts.set(key, count);
      else counts.delete(key);
    },
  };
}
