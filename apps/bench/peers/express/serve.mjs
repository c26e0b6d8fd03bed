/**
 * The server that both ways share: Express, jsonwebtoken, and a list that somebody else reads. `--port`, `--url` and `--secret` say
 * where and with what.
 */
import { parseArgs } from "node:util";
import express from "express";
import jwt from "jsonwebtoken";

const text = { type: "string" };
export const { url, port, secret } = parseArgs({ options: { url: text, port: text, secret: text } }).values;
export const limit = 50;

/** `find` is given the claims and the workspace, and gives `limit + 1` rows; null for whoever has no place there. */
export function serve(find, toItem) {
  const app = express();
  app.set("env", "production");
  const signedIn = (request, response, next) => {
    try {
      const [, token = ""] = (request.headers.authorization ?? "").split(" ");
      request.claims = jwt.verify(token, secret, { algorithms: ["HS256"], issuer: "axon", audience: "axon-api" });
      next();
    } catch {
      response.status(401).json({ error: "sign in first" });
    }
  };
  app.get("/conversations", signedIn, async (request, response) => {
    const rows = await find(request.claims, String(request.headers["x-workspace-id"] ?? ""));
    if (rows === null) return response.status(404).json({ error: "no such workspace" });
    return response.json({
      result: { data: { items: rows.slice(0, limit).map(toItem), nextCursor: rows.length > limit ? "more" : null } },
    });
  });
  app.listen(Number(port), "127.0.0.1", () => process.stdout.write("listening\n"));
}

/** Leaves out what is null, as Axon's API does. */
export function withoutNulls(fields) {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
