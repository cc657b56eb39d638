import ipaddr from "ipaddr.js";
import { classifyAddress } from "../platform/address-class.ts";

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

const allowed: TargetDecision = { allowed: true };
const refuse = (refusal: TargetRefusal, reason: string): TargetDecision => ({
  allowed: false,
  refusal,
  reason,
});

const metadataHosts =
  /^(?:metadata|instance-data|metadata\.goog|(?:.+\.)?metadata\.google\.internal|instance-data\..+\.internal)$/;
const privateHosts =
  /(?:^|\.)(?:localhost|internal|local|localdomain|home\.arpa|lan|intranet)$|^ip6-(?:localhost|loopback)$/;

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
