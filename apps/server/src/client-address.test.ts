import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import { addressKey, clientAddress, createTrustProxy } from "./client-address.ts";

function from(remoteAddress: string, forwarded?: string): Pick<IncomingMessage, "headers" | "socket"> {
  const headers = forwarded === undefined ? {} : { "x-forwarded-for": forwarded };
  return { headers, socket: { remoteAddress } as IncomingMessage["socket"] };
}
const addressOf = (trustProxy: { hops: number; networks: string[] }, remote: string, forwarded?: string) =>
  clientAddress(from(remote, forwarded), createTrustProxy(trustProxy));

describe("the address of a caller", () => {
  const nobody = { hops: 0, networks: [] };

  it("is who speaks to us, whatever a caller claims, while no proxy is named", () => {
    expect(addressOf(nobody, "203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf(nobody, "203.0.113.9", "10.0.0.1")).toBe("203.0.113.9");
    expect(addressOf(nobody, "::ffff:203.0.113.9", "10.0.0.1, 127.0.0.1")).toBe("203.0.113.9");
  });

  it("is what the last of so many proxies says, and never what stands before that", () => {
    const one = { hops: 1, networks: [] };
    expect(addressOf(one, "10.0.0.1", "203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf(one, "10.0.0.1", "1.2.3.4, 203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf({ hops: 2, networks: [] }, "10.0.0.1", "1.2.3.4, 203.0.113.9, 10.0.0.2")).toBe("203.0.113.9");
    expect(addressOf(one, "10.0.0.1")).toBe("10.0.0.1");
    expect(addressOf(one, "10.0.0.1", "203.0.113.9, nonsense")).toBe("10.0.0.1");
  });

  it("is believed only of proxies in the networks that were named", () => {
    const networks = { hops: 0, networks: ["10.0.0.0/8", "2001:db8::/32", "127.0.0.1"] };
    expect(addressOf(networks, "10.200.0.1", "203.0.113.9, 10.0.0.7")).toBe("203.0.113.9");
    expect(addressOf(networks, "::ffff:10.200.0.1", "203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf(networks, "2001:db8::1", "203.0.113.9")).toBe("203.0.113.9");
    expect(addressOf(networks, "11.0.0.1", "203.0.113.9")).toBe("11.0.0.1");
    expect(addressOf(networks, "127.0.0.1", "10.1.1.1, 10.2.2.2")).toBe("10.1.1.1");
  });
});

describe("what an address is counted as", () => {
  it.each([
    ["203.0.113.9", "203.0.113.9"],
    ["::ffff:203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ])("%s is %s", (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
