/**
 * Where uploads go when files lie in a folder of ours. The signed link is the credential.
 *
 * @module
 */
import type { FolderStorage } from "@axon/integrations/storage/folder";
import type { FastifyInstance } from "fastify";

export function addUploadRoute(app: FastifyInstance, acceptUpload: FolderStorage["acceptUpload"]): void {
  // In a scope of its own, where bodies of every type are handed on as they come instead of being parsed.
  void app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    scope.put<{ Params: { "*": string }; Querystring: Record<string, unknown> }>("/uploads/*", async (request, reply) => {
      const declared = Number(request.headers["content-length"]);
      const outcome = await acceptUpload({
        key: request.params["*"],
        query: request.query,
        contentLength: Number.isSafeInteger(declared) && declared >= 0 ? declared : null,
        contentType: request.headers["content-type"] ?? null,
        body: request.raw,
      });
      if (outcome.ok) return reply.code(200).send({ ok: true });
      // The rest of the body is not read, so the connection can't be used again.
      return reply
        .code(outcome.status)
        .header("connection", "close")
        .send({ error: { message: `The upload was refused: ${outcome.reason}`, data: { reason: outcome.reason, requestId: request.id } } });
    });
  });
}
