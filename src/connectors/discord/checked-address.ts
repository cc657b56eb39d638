import { lookup as systemLookup } from "node:dns";
import type { LookupFunction } from "node:net";
import { isIP } from "node:net";
import { classifyAddress, isPlaceholderAddress } from "../../platform/address-class.ts";
import { PalyraError } from "../../platform/errors.ts";

/** Names that say themselves that they are private (RFC 6761, RFC 6762, RFC 8375, and what routers use). */
const privateName = /^[^.]+$|(?:^|\.)(?:localhost|internal|local|localdomain|home\.arpa|lan|intranet)$/;

/**
 * Looks names up for connections to a configured server, so that a connection is made to the very addresses that were
 * checked: a public name must not lead into the private network, whatever its DNS says from one moment to the next.
 * A server whose private name or address is configured may be there.
 * @param base address of the server
 * @param lookup as `dns.lookup`
 */
export function checkedLookup(base: URL, lookup: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const refused = found.find(({ address }) => !mayBeAt(base, address));
      const [first] = found;
      if (refused !== undefined || first === undefined) callback(refusal(base, refused?.address), []);
      else if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

/** Whether a server of this base may be at an address its name was looked up to. */
export function mayBeAt(base: URL, address: string): boolean {
  const host = base.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  // Over https the certificate proves who answers behind a placeholder.
  if (base.protocol === "https:" && isPlaceholderAddress(address)) return true;
  const found = classifyAddress(address);
  return found === "public" || (found === "private" && (isIP(host) !== 0 || privateName.test(host)));
}

function refusal(base: URL, address: string | undefined): PalyraError {
  return address === undefined
    ? new PalyraError("discord_unreachable", `the name ${base.hostname} has no address`)
    : new PalyraError(
        "discord_unreachable",
        `the name ${base.hostname} leads to ${address}, which is no public address`,
      );
}
