import ipaddr from "ipaddr.js";

/** `special`: no server that a user means can be there (multicast, documentation, tunnels, ...). */
export type AddressClass = "public" | "private" | "metadata" | "special";

const metadataAddresses = new Set([
  "169.254.169.254", // AWS, Azure, Google and most others
  "169.254.170.2", // AWS ECS task credentials
  "169.254.170.23", // AWS EKS pod identity
  "100.100.100.200", // Alibaba
  "192.0.0.192", // Oracle
  "168.63.129.16", // Azure wire server
  "fd00:ec2::254", // AWS
  "fd00:ec2::23", // AWS EKS pod identity
  "fd20:ce::254", // Google
  "fd00:42::42", // Scaleway
]);
/** Ranges as ipaddr.js names them; whatever is in neither list nor `unicast` is special. */
const privateRanges = new Set([
  "loopback",
  "private",
  "linkLocal",
  "carrierGradeNat",
  "uniqueLocal",
  "deprecatedSiteLocal",
]);
/** Benchmarking, RFC 2544; some VPN programs answer every name with an address of it. */
const benchmarkRange = ipaddr.parseCIDR("198.18.0.0/15");
/** RFC 6052: the well-known prefix carries the IPv4 address in its last 32 bits. */
const nat64Range = ipaddr.parseCIDR("64:ff9b::/96");
/** The only allocated global unicast space of IPv6, RFC 4291 section 2.4. */
const globalIpv6Range = ipaddr.parseCIDR("2000::/3");

/**
 * Says what kind of place an address is. Addresses that carry an IPv4 address are judged by it
 * (IPv4-mapped, and NAT64 of RFC 6052, by which IPv6-only networks reach the public IPv4 internet).
 * @param address canonical or not; what does not parse is `special`
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry
 * @see https://www.iana.org/assignments/iana-ipv6-special-registry
 */
export function classifyAddress(address: string): AddressClass {
  const canonical = address.includes(":") ? canonicalIpv6(address) : address;
  if (canonical === undefined || !ipaddr.isValid(canonical)) return "special";
  const parsed = ipaddr.parse(canonical);
  if (parsed instanceof ipaddr.IPv6) {
    const embedded = embeddedIpv4(parsed);
    if (embedded !== undefined) return classifyAddress(embedded);
  }
  const text = parsed.toString();
  if (metadataAddresses.has(text)) return "metadata";
  const range: string = parsed.range();
  if (privateRanges.has(range) || within(parsed, benchmarkRange)) return "private";
  if (range !== "unicast") return "special";
  return parsed.kind() === "ipv4" || within(parsed, globalIpv6Range) ? "public" : "special";
}

/** ipaddr.js takes `::1.2.3.4` (IPv4-compatible, deprecated) for the mapped `::ffff:1.2.3.4`; URLs do not. */
function canonicalIpv6(address: string): string | undefined {
  return URL.parse(`http://[${address.replace(/%.*$/, "")}]/`)?.hostname.slice(1, -1);
}

function embeddedIpv4(address: ipaddr.IPv6): string | undefined {
  if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString();
  return within(address, nat64Range) ? address.toByteArray().slice(12).join(".") : undefined;
}

function within(address: ipaddr.IPv4 | ipaddr.IPv6, range: [ipaddr.IPv4 | ipaddr.IPv6, number]): boolean {
  return address.kind() === range[0].kind() && address.match(range);
}

/** Whether an address stands for another one on this computer: VPN programs answer every name with such ones. */
export function isPlaceholderAddress(address: string): boolean {
  return ipaddr.isValid(address) && within(ipaddr.parse(address), benchmarkRange);
}
