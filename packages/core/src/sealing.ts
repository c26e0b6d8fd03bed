/**
 * Secrets at rest: sealed with AES-256-GCM under a key of their own context, so that one stolen row opens no other.
 *
 * A sealed text reads `v1.<key id>.<nonce>.<ciphertext and tag>`. It opens only in the context it was sealed in; a row that
 * was copied to another workspace stays shut. Knows no table.
 *
 * @module
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** A master key: 32 bytes under a short name that stands in every sealed text. */
export interface SealingKey {
  id: string;
  bytes: Uint8Array;
}

export interface Sealer {
  /** The key that seals from now on. */
  readonly currentKeyId: string;
  /** Seals `plain` for `context`: the id of the workspace or account that it belongs to, and what it is (`<id>:<name>`). */
  seal(plain: string, context: string): { sealed: string; keyId: string };
  /** Opens what was sealed for the same context. Throws when it was not, when it was changed, or when its key is gone. */
  open(sealed: string, context: string): string;
  /** The id of the key that a text was sealed with. Throws for what is no sealed text. */
  keyIdOf(sealed: string): string;
}

const version = "v1";
const nonceBytes = 12;
const tagBytes = 16;
const keyBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{1,32}$/;

/** The first key seals; all of them open, so that a rotation can take its time. Throws for a bad or doubled key. */
export function createSealer(keys: readonly SealingKey[]): Sealer {
  const [current] = keys;
  if (!current) throw new Error("sealing needs at least one key");
  const byId = new Map(keys.map((key) => [key.id, key]));
  if (byId.size !== keys.length) throw new Error("two sealing keys have the same id");
  for (const { id, bytes } of keys) {
    if (!idPattern.test(id) || bytes.length !== keyBytes) throw new Error("a sealing key is an id of letters and digits and 32 bytes");
  }
  return {
    currentKeyId: current.id,
    seal: (plain, context) => {
      const nonce = randomBytes(nonceBytes);
      const cipher = createCipheriv("aes-256-gcm", keyFor(current, context), nonce).setAAD(Buffer.from(context));
      const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final(), cipher.getAuthTag()]);
      return { sealed: [version, current.id, nonce.toString("base64url"), body.toString("base64url")].join("."), keyId: current.id };
    },
    open: (sealed, context) => {
      const { keyId, nonce, body } = partsOf(sealed);
      const key = byId.get(keyId);
      if (!key) throw new Error(`a secret is sealed with the key "${keyId}", which is not among the encryption keys`);
      const decipher = createDecipheriv("aes-256-gcm", keyFor(key, context), nonce).setAAD(Buffer.from(context));
      decipher.setAuthTag(body.subarray(-tagBytes));
      return Buffer.concat([decipher.update(body.subarray(0, -tagBytes)), decipher.final()]).toString("utf8");
    },
    keyIdOf: (sealed) => partsOf(sealed).keyId,
  };
}

/** A key of its own for each context (RFC 5869), so that a nonce drawn twice in two workspaces harms neither. */
function keyFor(key: SealingKey, context: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", key.bytes, "axon sealing", context, keyBytes));
}

function partsOf(sealed: string): { keyId: string; nonce: Buffer; body: Buffer } {
  const [found, keyId = "", nonceText = "", bodyText = "", ...more] = sealed.split(".");
  const nonce = Buffer.from(nonceText, "base64url");
  const body = Buffer.from(bodyText, "base64url");
  if (found !== version || !idPattern.test(keyId) || nonce.length !== nonceBytes || body.length < tagBytes || more.length > 0)
    throw new Error("this is no sealed secret");
  return { keyId, nonce, body };
}
