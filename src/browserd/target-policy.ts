import ipaddr from "ipaddr.js";

/** What a session may reach. Cloud metadata and meaningless addresses are refused in any case. */
export interface TargetPolicy {
  /** Loopback, private and link-local addresses and names may be reached. */
  readonly allowPrivateTargets: boolean;
}

export type TargetRefusal =
  | "invalid_url"
  | "blocked_scheme"
  | "credentials_in_url"
  | "non_canonical_ipv4"
  | "private_target"
  | "special_target"
  | "metadata_target"
  | "no_address";

export type TargetDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly refusal: TargetRefusal; readonly reason: string };

/** `special`: no server that a user means can be there (multicast, documentation, tunnels, ...). */
export type AddressClass = "public" | "private" | "metadata" | "special";

const allowed: TargetDecision = { allowed: true };
const refuse = (refusal: TargetRefusal, reason: string): TargetDecision => ({
  allowed: false,
  refusal,
  reason,
});

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

const metadataHosts =
  /^(?:metadata|instance-data|metadata\.goog|(?:.+\.)?metadata\.google\.internal|instance-data\..+\.internal)$/;
const privateHosts =
  /(?:^|\.)(?:localhost|internal|local|localdomain|home\.arpa|lan|intranet)$|^ip6-(?:localhost|loopback)$/;

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

/**
 * Judges a URL before anything is looked up: scheme, credentials, spelling of the host, and the address
 * when the host is one. `about:blank` is the one address without a host that is allowed.
 * @param url as it was given, not normalised: a spelling such as `http://0x7f.1/` would be lost
 */
export function decideUrl(url: string, policy: TargetPolicy): TargetDecision {
  const trimmed = url.trim();
  if (trimmed === "about:blank") return allowed;
  const parsed = URL.parse(trimmed);
  if (parsed === null) return refuse("invalid_url", "The address is not a valid URL.");
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    return refuse("blocked_scheme", `Only http and https addresses can be opened, not “${parsed.protocol}”.`);
  }
  if (parsed.username !== "" || parsed.password !== "") {
    return refuse("credentials_in_url", "The address contains a user name or password.");
  }
  if (ipaddr.IPv4.isIPv4(parsed.hostname) && writtenHost(trimmed) !== parsed.hostname) {
    return refuse(
      "non_canonical_ipv4",
      `The address writes the IP address ${parsed.hostname} in an unusual way.`,
    );
  }
  return decideHost(parsed.hostname, policy);
}

/** Judges a host name or address literal without looking it up. */
export function decideHost(host: string, policy: TargetPolicy): TargetDecision {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.+$/, "");
  if (name === "") return refuse("invalid_url", "The address has no host.");
  if (ipaddr.isValid(name)) return decideAddress(name, name, policy);
  if (metadataHosts.test(name)) {
    return refuse("metadata_target", `“${name}” is a cloud metadata service and is never opened.`);
  }
  if (privateHosts.test(name) && !policy.allowPrivateTargets) {
    return refuse("private_target", `“${name}” is a name of a private network or of this machine.`);
  }
  return allowed;
}

/**
 * Judges all addresses a host resolved to; one that is refused refuses the host, because a browser or
 * an attacker's name server could choose it.
 */
export function decideAddresses(
  host: string,
  addresses: readonly string[],
  policy: TargetPolicy,
): TargetDecision {
  if (addresses.length === 0) return refuse("no_address", `“${host}” has no address.`);
  for (const address of addresses) {
    const decision = decideAddress(host, address, policy);
    if (!decision.allowed) return decision;
  }
  return allowed;
}

function decideAddress(host: string, address: string, policy: TargetPolicy): TargetDecision {
  const shown = host === address ? `“${host}”` : `“${host}” (${address})`;
  switch (classifyAddress(address)) {
    case "public":
      return allowed;
    case "private":
      return policy.allowPrivateTargets
        ? allowed
        : refuse("private_target", `${shown} is in a private network or on this machine.`);
    case "metadata":
      return refuse("metadata_target", `${shown} is a cloud metadata service and is never opened.`);
    case "special":
      return refuse("special_target", `${shown} is a special-purpose address that no web server has.`);
  }
}

/** The host as it was written, without the normalisation that the URL parser applies. */
function writtenHost(url: string): string {
  const authority = /^[a-z][a-z0-9+.-]*:[/\\]*([^/\\?#]*)/i.exec(url.replace(/[\t\n\r]/g, ""))?.[1] ?? "";
  return authority.replace(/^.*@/, "").replace(/:\d*$/, "").replace(/\.$/, "");
}
