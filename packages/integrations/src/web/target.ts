/**
 * Where a request may go: the address is judged as it is written, then every network address that its name stands for.
 * The connection is made to what was judged and to nothing else, so a name that changes its mind in between changes nothing.
 *
 * @module
 */
import { isIP } from "node:net";
import { urlCharsMax } from "@axon/contracts/web";
import { isPublicAddress } from "./addresses.ts";
import { WebError } from "./web-error.ts";

/** Gives every address of a name. Rejects when there is none. */
export type Resolve = (hostname: string) => Promise<string[]>;

export interface TargetPolicy {
  /** `host:port` of places that may be asked although they are not public. Dangerous: whoever can add a source can read them. */
  allowPrivateHosts: readonly string[];
  resolve: Resolve;
}

export interface Target {
  url: URL;
  /** What was judged; never empty. */
  addresses: { address: string; family: 4 | 6 }[];
}

/** Where web pages are served; other ports are more likely something that was never meant to be asked. */
const ports: readonly number[] = [80, 443, 8080, 8443];
/** Names that are never public, whatever they stand for. */
const privateNames = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|home|corp|private|home\.arpa|onion|test|invalid)$/;
/** Addresses of one name that are looked at. */
const addressesMax = 32;

/**
 * The address as it will be asked, in its usual form: `http://0x7f.1/` is `http://127.0.0.1/`. Throws `WebError` `url_blocked`
 * for what no name server need be asked about.
 */
export function checkUrl(text: string, { allowPrivateHosts }: Pick<TargetPolicy, "allowPrivateHosts">): URL {
  if (text.length > urlCharsMax || !URL.canParse(text)) throw new WebError("url_blocked", "This is not a web address.");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new WebError("url_blocked", "Only addresses that begin with http:// or https:// are read.");
  }
  if (url.username !== "" || url.password !== "")
    throw new WebError("url_blocked", "An address with a name or password in it is not read.");
  url.hash = "";
  if (isAllowed(url, allowPrivateHosts)) return url;
  if (!ports.includes(portOf(url))) throw new WebError("url_blocked", `Only the ports ${ports.join(", ")} are read.`);
  const name = hostOf(url);
  if (isIP(name) !== 0 ? !isPublicAddress(name) : !name.includes(".") || privateNames.test(name)) throw new WebError("url_blocked");
  return url;
}

/** Judges the name's addresses too. Throws `WebError`: `url_blocked` if any of them is not public, `unreachable` if there is none. */
export async function findTarget(text: string, policy: TargetPolicy): Promise<Target> {
  const url = checkUrl(text, policy);
  const name = hostOf(url);
  const found = isIP(name) === 0 ? await resolveName(name, policy.resolve) : [name];
  const free = isAllowed(url, policy.allowPrivateHosts);
  // One address of ours among public ones is how a name is made to pass; such a name is not asked at all.
  if (!free && !found.every(isPublicAddress)) throw new WebError("url_blocked");
  return { url, addresses: found.map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 })) };
}

async function resolveName(name: string, resolve: Resolve): Promise<string[]> {
  let found: string[];
  try {
    found = await resolve(name);
  } catch (cause) {
    throw new WebError("unreachable", "There is no site of this name.", { cause });
  }
  const addresses = found.slice(0, addressesMax).filter((address) => isIP(address) !== 0);
  if (addresses.length === 0) throw new WebError("unreachable", "There is no site of this name.");
  return addresses;
}

/** Without the brackets of IPv6 and the dot at the end, which mean the same place. */
function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
}

export function portOf(url: URL): number {
  return url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
}

function isAllowed(url: URL, allowPrivateHosts: readonly string[]): boolean {
  return allowPrivateHosts.includes(`${url.hostname}:${portOf(url)}`);
}
