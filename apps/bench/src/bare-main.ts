/**
 * The limit that a list is measured against: node:http and postgres.js, the same join and the same rows, and nothing else.
 * No authentication, no row-level security, no checks. `--url`, `--socket` and `--port` say where.
 *
 * @module
 */
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { openPool } from "@axon/db/connect";

const { values } = parseArgs({ options: { url: { type: "string" }, socket: { type: "string" }, port: { type: "string" } } });
const target = { url: values.url ?? "", ...(values.socket === undefined ? {} : { socketPath: values.socket }) };
const sql = openPool(target, null, 10);
const limit = 50;

const server = createServer(async (request, response) => {
  try {
    const workspaceId = request.headers["x-workspace-id"];
    const rows = await sql`
      select agent.id, agent.version, agent.created_at as "createdAt", agent.updated_at as "updatedAt", agent_version.settings
      from agent inner join agent_version on agent_version.agent_id = agent.id and agent_version.version = agent.version
        and agent_version.workspace_id = agent.workspace_id
      where agent.workspace_id = ${typeof workspaceId === "string" ? workspaceId : null}
      order by agent.id limit ${limit + 1}`;
    const items = rows.slice(0, limit).map(({ settings, ...row }) => ({ ...settings, ...row }));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ result: { data: { items, nextCursor: null } } }));
  } catch (error) {
    response.statusCode = 500;
    response.end(String(error));
  }
});
server.listen(Number(values.port), "127.0.0.1", () => process.stdout.write("listening\n"));
