/**
 * Planted: a retry has a key of its own, so that nobody can tell it from another message.
 *
 * @module
 */
import type { Plant } from "../sim/ports.ts";

export const nonUniqueKey: Plant = () => (ports) => ({
  ...ports,
  say: (said, inWorkspace) => ports.say({ ...said, clientMessageId: `${said.clientMessageId}-${said.attempt}` }, inWorkspace),
});
