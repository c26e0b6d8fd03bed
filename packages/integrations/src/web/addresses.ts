/**
 * Which network addresses belong to the public internet. Everything else (this machine, its neighbours, what the cloud
 * tells its machines about themselves, ranges for tunnels and examples) is not for a crawler.
 *
 * Follows the IANA registries of special-purpose addresses. What is not known to be public is not.
 *
 * @module
 */
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

const special4: readonly [string, number][] = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // shared by a carrier's customers
  ["127.0.0.0", 8], // this machine
  ["168.63.129.16", 32], // Azure's platform, public in form only
  ["169.254.0.0", 16], // link-local: metadata of most clouds
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.31.196.0", 24], // AS112
  ["192.52.193.0", 24], // multicast tunnels
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["192.175.48.0", 24], // AS112
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4], // reserved, broadcast
];

/** Parts of 2000::/3 that are not public, or that carry an IPv4 address inside them. All outside of 2000::/3 is special. */
const special6: readonly [string, number][] = [
  ["2001::", 23], // protocol assignments: Teredo, benchmarks, ORCHID
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4
  ["2620:4f:8000::", 48], // AS112
  ["3fff::", 20], // documentation
];

const special = new BlockList();
for (const [net, bits] of special4) special.addSubnet(net, bits, "ipv4");
for (const [net, bits] of special6) special.addSubnet(net, bits, "ipv6");
const unicast6 = new BlockList();
unicast6.addSubnet("2000::", 3, "ipv6");

/** True for an address of the public internet that is not one of this machine's own. Takes addresses in their usual form only. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0 || address.includes("%")) return false;
  if (family === 6 && !unicast6.check(address, "ipv6")) return false;
  return !special.check(address, family === 4 ? "ipv4" : "ipv6") && !isOwn(address);
}

function isOwn(address: string): boolean {
  const own = new BlockList();
  for (const one of Object.values(networkInterfaces()).flat()) {
    if (one) own.addAddress(one.address.split("%")[0] ?? one.address, one.family === "IPv4" ? "ipv4" : "ipv6");
  }
  return own.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}
