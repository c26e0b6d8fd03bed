/**
 * A response's body, unpacked as it comes and never more of it than was asked for: neither an endless body nor one that
 * grows a thousandfold when it is unpacked takes more memory than an honest one.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { WebError } from "./web-error.ts";

/** What is asked for in `accept-encoding`, and the only packings that are read. */
export const acceptedEncodings = "gzip, deflate, br";

/** Throws `WebError`: `too_large` as soon as packed or unpacked bytes pass `bytesMax`, `invalid` for a packing of another kind. */
export async function readBody(response: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  if (Number(response.headers["content-length"] ?? 0) > bytesMax) throw new WebError("too_large");
  const unpack = unpacker(response.headers["content-encoding"] ?? "");
  const pieces: Buffer[] = [];
  const count = counter(bytesMax);
  const packed = counter(bytesMax);
  const keep = async (source: AsyncIterable<Buffer>) => {
    for await (const piece of source) {
      count(piece);
      pieces.push(piece);
    }
  };
  if (unpack === null) await keep(response);
  else {
    const watched = async function* (source: AsyncIterable<Buffer>) {
      for await (const piece of source) {
        packed(piece);
        yield piece;
      }
    };
    await pipeline(response, watched, unpack, keep);
  }
  return Buffer.concat(pieces);
}

function counter(bytesMax: number): (piece: Buffer) => void {
  let bytes = 0;
  return (piece) => {
    bytes += piece.length;
    if (bytes > bytesMax) throw new WebError("too_large");
  };
}

function unpacker(encoding: string) {
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity") return null;
  if (name === "gzip" || name === "x-gzip") return createGunzip();
  if (name === "deflate") return createInflate();
  if (name === "br") return createBrotliDecompress();
  throw new WebError("invalid", "The site packs its answer in a way that is not read here.");
}
