/**
 * Takes secrets and personal data out of one finished JSON log line. Pure text in, text out; the line stays valid JSON.
 *
 * @module
 */
const names = [
  "authorization",
  "proxy-authorization",
  "cookie",
  "set-cookie",
  "x-api-key",
  "api[_-]?key",
  "access[_-]?key(?:[_-]?id)?",
  "password",
  "passwd",
  "passphrase",
  "credentials?",
  "email",
  "phone(?:[_-]?number)?",
  "\\w*secret\\w*",
  "(?:totp|otp)(?:[_-]?code)?",
  "recovery[_-]?codes?",
  // accessToken and refresh_token, but not promptTokens, which are counted, not kept secret.
  "\\w*token",
].join("|");

// An escaped quote opens and closes the same way it was written, so JSON quoted inside a message is found as well.
const quoted = '"(?:[^"\\\\]|\\\\.)*"';
const named = new RegExp(`("(?:${names})"\\s*:\\s*)(?:${quoted}|\\[(?:${quoted}|[\\s,\\d.])*\\]|-?\\d[\\d.eE+-]*)`, "gi");
const namedInText = new RegExp(`(\\\\"(?:${names})\\\\"\\s*:\\s*)\\\\"(?:[^"\\\\]|\\\\\\\\.)*\\\\"`, "gi");
const bearer = /\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi;
const urlLogin = /(:\/\/)[^\s/@"\\]{1,300}@/g;
const urlParameter =
  /([?&#](?:\w*token|signature|sig|key|api_key|secret|password|code|state|X-Amz-(?:Signature|Credential|Security-Token))=)[^&#\s"\\]+/gi;
const openaiKey = /\bsk-[A-Za-z0-9_-]{16,}/g;
/** Our own secrets: three letters that begin with "ax", then random text. */
const ownSecret = /(?<![\w-])ax[a-z]_[A-Za-z0-9_-]{16,}/g;
const jwt = /(?<![\w-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g;
/** International numbers. National ones look like any other number; they are kept out by name ("phone"). */
const phoneNumber = /(?<![\w.+-])\+[1-9]\d{0,3}(?:[ ().-]{0,2}\d){6,13}(?!\w)/g;
// Begins only where a word begins, and is bounded: a long line without an address costs one pass.
const emailAddress = /(?<![\w.+-])[\w.+-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,6}\.[a-z]{2,24}\b/gi;

/** The same line with every secret's value replaced by `[redacted]`. Values may be text, numbers or lists of them. */
export function redactLine(line: string): string {
  return line
    .replace(named, '$1"[redacted]"')
    .replace(namedInText, '$1\\"[redacted]\\"')
    .replace(bearer, "$1 [redacted]")
    .replace(urlLogin, "$1[redacted]@")
    .replace(urlParameter, "$1[redacted]")
    .replace(openaiKey, "[redacted]")
    .replace(ownSecret, "[redacted]")
    .replace(jwt, "[redacted]")
    .replace(phoneNumber, "[redacted]")
    .replace(emailAddress, "[redacted]");
}
