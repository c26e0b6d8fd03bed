/**
 * Reading PostgreSQL's refusals.
 *
 * @module
 */

/** The name of the unique constraint or index that a statement ran into, or null when it failed for another reason. */
export function violatedUnique(error: unknown): string | null {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && cause.code === "23505") return "constraint_name" in cause ? String(cause.constraint_name) : "";
  }
  return null;
}
