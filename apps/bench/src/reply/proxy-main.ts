/**
 * Pass-through: hands the model's bytes on as they come, and does nothing else. `--port` and `--model` say where.
 *
 * @module
 */
import { request as ask, createServer } from "node:http";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { port: { type: "string" }, model: { type: "string" } } });

const server = createServer((request, response) => {
  response.socket?.setNoDelay(true);
  const onward = ask(
    `${values.model}${request.url}`,
    { method: request.method, headers: { "content-type": "application/json" } },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, { "content-type": answer.headers["content-type"] ?? "text/plain" });
      answer.pipe(response);
    },
  );
  onward.on("error", () => response.destroy());
  request.pipe(onward);
});
server.listen(Number(values.port), "127.0.0.1", () => process.stdout.write("listening\n"));
