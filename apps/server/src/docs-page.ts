/**
 * The page on which people read the REST API and try it: Swagger UI, from our own origin and with nothing from elsewhere.
 *
 * The page has a content security policy of its own: scripts and styles of this origin, connections to this origin.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { FastifyInstance } from "fastify";

const require = createRequire(import.meta.url);

/** What the page needs of Swagger UI's files, and nothing else of them is served. */
const files = {
  "swagger-ui.css": { type: "text/css; charset=utf-8", at: () => require.resolve("swagger-ui-dist/swagger-ui.css") },
  "swagger-ui-bundle.js": { type: "text/javascript; charset=utf-8", at: () => require.resolve("swagger-ui-dist/swagger-ui-bundle.js") },
} as const;

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Axon API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="reference"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/reference.js"></script>
</body>
</html>
`;

// The addresses are relative to the page, so that it also works below a path of somebody's proxy.
const script = `window.ui = SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#reference",
  validatorUrl: null,
  deepLinking: true,
  displayOperationId: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tagsSorter: "alpha",
});
`;

const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'", // Swagger UI writes style attributes.
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export function addDocsPage(scope: FastifyInstance): void {
  scope.get("/docs", (_request, reply) =>
    reply
      .headers({ "content-security-policy": contentSecurityPolicy, "cache-control": "no-cache" })
      .type("text/html; charset=utf-8")
      .send(page),
  );
  scope.get("/docs/reference.js", (_request, reply) =>
    reply.header("cache-control", "no-cache").type("text/javascript; charset=utf-8").send(script),
  );
  for (const [name, { type, at }] of Object.entries(files)) {
    let read: { bytes: Buffer; tag: string } | null = null;
    scope.get(`/docs/${name}`, (request, reply) => {
      if (read === null) {
        const bytes = readFileSync(at());
        read = { bytes, tag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"` };
      }
      reply.headers({ etag: read.tag, "cache-control": "public, no-cache" });
      return request.headers["if-none-match"] === read.tag ? reply.code(304).send() : reply.type(type).send(read.bytes);
    });
  }
}
