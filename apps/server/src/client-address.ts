/**
 * Whose address a request counts for. What a caller says of itself counts for nothing: only proxies that the operator named
 * are believed, and only about who spoke to them.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import { BlockList, isIP, isIPv6 } from "node:net";
import type { Env } from "@axon/config/env";

/** True when the address, `hop` steps away from us (0: it speaks to us), is a proxy to be believed. */
export type TrustProxy = (address: string, hop: number) => boolean;

export function createTrustProxy({ hops, networks }: Env["http"]["trustProxy"]): TrustProxy {
  const list = new BlockList();
  for (const network of networks) {
    const [base = "", bits] = network.split("/");
    const family = isIPv6(base) ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(base, family);
    else list.addSubnet(base, Number(bits), family);
  }
  return (address, hop) => {
    if (networks.length === 0) return hop < hops;
    const plain = withoutMapping(address);
    return hop < hops || (isIP(plain) !== 0 && list.check(plain, isIPv6(plain) ? "ipv6" : "ipv4"));
  };
}

/** The address of whoever is behind the trusted proxies; null when the connection is gone. */
export function clientAddress(request: Pick<IncomingMessage, "headers" | "socket">, trust: TrustProxy): string | null {
  let address = request.socket.remoteAddress;
  if (address === undefined) return null;
  const forwarded = String(request.headers["x-forwarded-for"] ?? "").split(",");
  for (let hop = 0; forwarded.length > 0 && trust(address, hop); hop++) {
    const next: string = forwarded.pop()?.trim() ?? "";
    if (isIP(next) === 0) break;
    address = next;
  }
  return withoutMapping(address);
}

/** What an address is counted as. Whoever has one IPv6 address has 2⁶⁴ of them, so those count as one. */
export function addressKey(address: string): string {
  const plain = withoutMapping(address);
  if (!isIPv6(plain)) return plain;
  const [head = "", tail] = plain.split("%", 1)[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const rest = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length);
  const whole = [...groups, ...Array<string>(zeros).fill("0"), ...rest];
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}

/** `::ffff:10.0.0.1` is 10.0.0.1. */
function withoutMapping(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice("::ffff:".length) : address;
}
