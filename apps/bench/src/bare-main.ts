/**
 * What a list is measured against: node:http and postgres.js, the statement of `list-sql.ts`, and nothing else. Two ways, by
 * `--way`: `open` knows nobody and has no row-level security; `fenced` does by hand what Axon's server does for every call
 * (checks the token, the session and the membership, and sets the workspace for row-level security), in one round trip.
 * `--url`, `--socket` and `--port` say where, `--secret` what tokens are signed with.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { parseArgs } from "node:util";
import { openPool } from "@axon/db/connect";
import { type ListRow, listSql, toItem } from "./list-sql.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({ options: { url: text, socket: text, port: text, way: text, secret: text } });
const target = { url: values.url ?? "", ...(values.socket === undefined ? {} : { socketPath: values.socket }) };
const limit = 50;
const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const sql = openPool(target, values.way === "fenced" ? "axon_app" : null, 10);

async function openRows(headers: IncomingHttpHeaders): Promise<ListRow[]> {
  return sql.unsafe<ListRow[]>(listSql("c.workspace_id = $1", "$2"), [workspaceOf(headers), limit + 1], { prepare: true });
}

const admission = `select a.*, set_config('app.workspace_id', coalesce(a.workspace_id::text, ''), true), set_config('role', 'axon_app', true)
  from (values (1)) v left join lateral (
    select m.workspace_id, m.role from session s
    join membership m on m.account_id = s.account_id and m.workspace_id = $3 join workspace w on w.id = m.workspace_id and w.deleted_at is null
    where s.id = $1 and s.account_id = $2 and s.revoked_at is null and s.expires_at > now()) a on true`;

async function fencedRows(headers: IncomingHttpHeaders): Promise<ListRow[]> {
  const { sub, sid } = claimsOf(headers);
  const connection = await sql.reserve();
  const begun = connection
    .unsafe(`begin read only; select set_config('role', 'axon_auth', true), set_config('app.account_id', '${sub}', true)`)
    .execute();
  const admitted = connection.unsafe<{ role: string | null }[]>(admission, [sid, sub, workspaceOf(headers)], { prepare: true }).execute();
  const rows = connection.unsafe<ListRow[]>(listSql("true", "$1"), [limit + 1], { prepare: true }).execute();
  const ended = connection.unsafe("commit").execute();
  void ended.then(() => connection.release());
  const [, [admittedRow], found] = await Promise.all([begun, admitted, rows]);
  if (!admittedRow || admittedRow.role === null) throw new Error("nobody we know");
  return found;
}

function claimsOf({ authorization = "" }: IncomingHttpHeaders): { sub: string; sid: string } {
  const [head, payload = "", signature = ""] = authorization.replace("Bearer ", "").split(".");
  const wanted = createHmac("sha256", values.secret ?? "")
    .update(`${head}.${payload}`)
    .digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw new Error("not our token");
  // safe: we have signed it
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as { sub: string; sid: string; exp: number };
  if (claims.exp * 1000 < Date.now() || !uuidPattern.test(claims.sub)) throw new Error("an old token");
  return claims;
}

function workspaceOf(headers: IncomingHttpHeaders): string {
  const workspaceId = headers["x-workspace-id"];
  return typeof workspaceId === "string" ? workspaceId : "";
}

const read = values.way === "fenced" ? fencedRows : openRows;
const server = createServer(async (request, response) => {
  try {
    const rows = await read(request.headers);
    response.setHeader("content-type", "application/json");
    response.end(
      JSON.stringify({ result: { data: { items: rows.slice(0, limit).map(toItem), nextCursor: rows.length > limit ? "more" : null } } }),
    );
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});
server.listen(Number(values.port), "127.0.0.1", () => process.stdout.write("listening\n"));
