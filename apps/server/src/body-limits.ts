/**
 * Bodies that are JSON: how fast they must come and how deep they may be nested, found out while they come in.
 *
 * Uploads are no concern of this: they are streamed to where they belong, which looks after them itself.
 *
 * @module
 */
import { type Readable, Transform } from "node:stream";
import { Refusal } from "@axon/core/errors";
import { createJsonShape } from "./json-shape.ts";

export interface BodyLimits {
  jsonDepthMax: number;
  bodyTimeoutMs: number;
}

export function tooDeep(depthMax: number): Refusal {
  return new Refusal("validation", `JSON may be nested ${depthMax} deep and no deeper`);
}

/** The same bytes; fails with a refusal, that bears its HTTP status, when they come too slowly or are nested too deep. */
export function checkedBody(body: Readable, { jsonDepthMax, bodyTimeoutMs }: BodyLimits): Readable {
  const shape = createJsonShape();
  const checked = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      shape.read(bytes);
      if (shape.depth() > jsonDepthMax) done(Object.assign(tooDeep(jsonDepthMax), { statusCode: 400 }));
      else done(null, bytes);
    },
  });
  const late = setTimeout(() => {
    checked.destroy(Object.assign(new Refusal("too_slow", "The body did not come in time"), { statusCode: 408 }));
  }, bodyTimeoutMs);
  // Whoever reads it has stopped listening once it is refused for its size.
  checked.on("error", () => {});
  const settled = () => clearTimeout(late);
  checked.once("close", settled);
  body.once("end", settled);
  // A caller who hangs up in the middle is nobody's failure.
  body.once("error", (error) => checked.destroy(Object.assign(error, { statusCode: 400 })));
  body.once("aborted", settled);
  return body.pipe(checked);
}
