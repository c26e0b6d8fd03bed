/**
 * Opens the zip that a DOCX is, and believes nothing it says: declared sizes are checked before a byte is inflated,
 * inflation is stopped at the declared size, and only parts that are asked for are inflated at all.
 *
 * @module
 */
import { type Entry, fromBuffer, type ZipFile } from "yauzl";
import { DocumentError } from "../document-error.ts";
import { zipDeclaredBytesMax, zipEntriesMax, zipInflatedBytesMax, zipRatioFloorBytes, zipRatioMax } from "../limits.ts";

/** The parts of a package by name, without a leading slash. */
export interface ZipPackage {
  has: (name: string) => boolean;
  /** The text of a part. Refuses with `rejected` once all parts read are above `zipInflatedBytesMax`. */
  read: (name: string) => Promise<string>;
}

/** Lists the entries. Refuses with `rejected` (a bomb), `encrypted` or `invalid`. */
export async function openZipPackage(bytes: Uint8Array): Promise<ZipPackage> {
  const zip = await open(bytes);
  const entries = await listEntries(zip);
  let inflated = 0;
  return {
    has: (name) => entries.has(name.toLowerCase()),
    read: async (name) => {
      const entry = entries.get(name.toLowerCase());
      if (!entry) throw new DocumentError("invalid");
      inflated += entry.uncompressedSize;
      if (inflated > zipInflatedBytesMax) throw new DocumentError("rejected");
      return decodeXml(await inflate(zip, entry));
    },
  };
}

function open(bytes: Uint8Array): Promise<ZipFile> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Promise((resolve, reject) => {
    fromBuffer(buffer, { lazyEntries: true, validateEntrySizes: true }, (cause, zip) => {
      if (cause) reject(new DocumentError("invalid", undefined, { cause }));
      else resolve(zip);
    });
  });
}

function listEntries(zip: ZipFile): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  let declared = 0;
  return new Promise((resolve, reject) => {
    const refuse = (error: DocumentError) => {
      zip.removeAllListeners();
      zip.on("error", () => {});
      reject(error);
    };
    zip.on("error", (cause: unknown) => refuse(new DocumentError("invalid", undefined, { cause })));
    zip.on("end", () => resolve(entries));
    zip.on("entry", (entry: Entry) => {
      declared += entry.uncompressedSize;
      const ratio = entry.uncompressedSize / Math.max(1, entry.compressedSize);
      if (zip.entryCount > zipEntriesMax || declared > zipDeclaredBytesMax) return refuse(new DocumentError("rejected"));
      if (entry.uncompressedSize > zipRatioFloorBytes && ratio > zipRatioMax) return refuse(new DocumentError("rejected"));
      if ((entry.generalPurposeBitFlag & 1) === 1) return refuse(new DocumentError("encrypted"));
      entries.set(entry.fileName.toLowerCase(), entry);
      zip.readEntry();
    });
    zip.readEntry();
  });
}

function inflate(zip: ZipFile, entry: Entry): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // An entry that holds more than it declared is lying about its size, which only a bomb has reason to do.
    const refuse = (cause: Error) =>
      reject(new DocumentError(/too many bytes/.test(cause.message) ? "rejected" : "invalid", undefined, { cause }));
    zip.openReadStream(entry, (cause, stream) => {
      if (cause) return refuse(cause);
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("error", refuse);
      stream.on("end", () => resolve(Buffer.concat(parts)));
    });
  });
}

function decodeXml(bytes: Uint8Array): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? "utf-16le" : bytes[0] === 0xfe && bytes[1] === 0xff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
