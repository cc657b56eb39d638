import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { connect, isIP, isIPv6 } from "node:net";
import type { Network } from "./policy-proxy.ts";

/** The network of this machine: the system's name resolution, and direct connections. */
export const systemNetwork: Network = {
  async resolve(host) {
    if (isIP(host) !== 0) return [host];
    const answers = await lookup(host, { all: true, verbatim: true });
    return answers.map((answer) => answer.address);
  },

  async connect(addresses, port, signal) {
    const records = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    const socket = connect({
      host: "checked-addresses.invalid",
      port,
      autoSelectFamily: true,
      // Node tries the addresses in turn (RFC 8305); none of them is looked up again.
      lookup: (_host, _options, answer) => answer(null, records),
    });
    try {
      await once(socket, "connect", { signal });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    return socket;
  },
};
