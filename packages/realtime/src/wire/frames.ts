/**
 * Bytes of a WebSocket: text frames that are whole, unmasked and not compressed, and what tRPC's wire format makes of an event.
 *
 * An event is written as JSON once, and once as bytes for each request id that asks for it: the frames of all readers with the
 * same id are the same bytes.
 *
 * @module
 */
import type { Parcel } from "@axon/contracts/live-stream";

/** Frames of one event that are kept for the next reader with the same address. */
const framesKeptMax = 64;
const textFrame = 0x81;

/** How a frame for this request begins. `jsonrpc` is said back to those who said it. */
export function addressOf({ id, jsonrpc }: { id: number | string | null; jsonrpc?: "2.0" | undefined }): string {
  return jsonrpc === undefined ? `{"id":${JSON.stringify(id)},` : `{"id":${JSON.stringify(id)},"jsonrpc":"${jsonrpc}",`;
}

/** The frame that tells the event to whoever has this address, as tRPC's `tracked` tells it. */
export function frameFor(parcel: Parcel, address: string): Uint8Array {
  const { frame } = parcel;
  if (frame === null) {
    const id = JSON.stringify(parcel.id);
    const text = `${address}"result":{"type":"data","data":{"id":${id},"data":${JSON.stringify(parcel.event)}},"id":${id}}}`;
    const bytes = textFrameOf(text);
    parcel.frame = { address, bytes };
    return bytes;
  }
  return frame.address === address ? frame.bytes : otherFrame(parcel, frame, address);
}

/** Another address only changes how a frame begins: what follows is copied from the one that is there. */
function otherFrame(parcel: Parcel, first: { address: string; bytes: Uint8Array }, address: string): Uint8Array {
  const known = parcel.frames?.get(address);
  if (known !== undefined) return known;
  const rest = first.bytes.subarray(headOf(first.bytes) + Buffer.byteLength(first.address));
  const addressBytes = Buffer.byteLength(address);
  const { bytes, at } = emptyFrame(addressBytes + rest.length);
  bytes.write(address, at);
  bytes.set(rest, at + addressBytes);
  parcel.frames ??= new Map();
  if (parcel.frames.size < framesKeptMax) parcel.frames.set(address, bytes);
  return bytes;
}

/** A whole frame with this text. */
function textFrameOf(text: string): Buffer {
  const { bytes, at } = emptyFrame(Buffer.byteLength(text));
  bytes.write(text, at);
  return bytes;
}

function emptyFrame(length: number): { bytes: Buffer; at: number } {
  const at = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(at + length);
  bytes[0] = textFrame;
  if (at === 2) bytes[1] = length;
  else if (at === 4) {
    bytes[1] = 126;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = 127;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  return { bytes, at };
}

/** How many bytes stand before the text. */
function headOf(frame: Uint8Array): number {
  const length = frame[1] ?? 0;
  return length < 126 ? 2 : length === 126 ? 4 : 10;
}
