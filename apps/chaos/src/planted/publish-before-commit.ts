/**
 * Planted: what a commit means is told while it is still to come.
 *
 * @module
 */
import type { Plant } from "../sim/ports.ts";

export const publishBeforeCommit: Plant = (tools) => (ports) => ({
  ...ports,
  inWorkspace: (workspaceId, verb, caller) =>
    ports.inWorkspace(
      workspaceId,
      (ws) =>
        verb({
          ...ws,
          emit(body) {
            ws.emit(body);
            if (body.type === "message.created") tools.show(body.conversationId, body.message.text);
          },
          enqueue(name, payload, options) {
            ws.enqueue(name, payload, options);
            tools.addJobs([{ key: options.key, name, payload, delayMs: options.delayMs ?? 0 }]);
          },
        }),
      caller,
    ),
});
