/**
 * New ids.
 *
 * @module
 */
import { v7 } from "uuid";

/** A UUIDv7: rises with time, so that keys made together lie together in an index. */
export function newId(): string {
  return v7();
}
