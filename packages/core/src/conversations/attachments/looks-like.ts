/**
 * Whether a file is what it was said to be, by how it begins. It refuses to know what is in it beyond that.
 *
 * @module
 */
import type { AttachmentMime } from "@axon/contracts/attachments";

/** True when the bytes are of that type. */
export function looksLike(mime: AttachmentMime, bytes: Uint8Array): boolean {
  return signatures[mime](bytes);
}

const signatures: Readonly<Record<AttachmentMime, (bytes: Uint8Array) => boolean>> = {
  "image/png": (bytes) => at(bytes, 0, "\x89PNG\r\n\x1a\n"),
  "image/jpeg": (bytes) => at(bytes, 0, "\xff\xd8\xff"),
  "image/gif": (bytes) => at(bytes, 0, "GIF87a") || at(bytes, 0, "GIF89a"),
  "image/webp": (bytes) => at(bytes, 0, "RIFF") && at(bytes, 8, "WEBP"),
  "application/pdf": (bytes) => at(bytes, 0, "%PDF-"),
  "text/plain": isText,
  "text/csv": isText,
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document": (bytes) => isPackage(bytes, "word/"),
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": (bytes) => isPackage(bytes, "xl/"),
  "audio/mpeg": (bytes) => at(bytes, 0, "ID3") || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2),
  "audio/ogg": (bytes) => at(bytes, 0, "OggS"),
  "video/mp4": (bytes) => at(bytes, 4, "ftyp"),
};

/** `text` stands for bytes, one each. */
function at(bytes: Uint8Array, offset: number, text: string): boolean {
  return bytes.length >= offset + text.length && [...text].every((char, index) => bytes[offset + index] === char.charCodeAt(0));
}

/** A ZIP file in whose list a name begins with that folder. */
function isPackage(bytes: Uint8Array, folder: string): boolean {
  return at(bytes, 0, "PK\x03\x04") && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes(folder, 0, "latin1");
}

/** UTF-8 without the zero bytes of anything else. Other encodings are asked to be sent as another type of file. */
function isText(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
