import assert from "node:assert/strict";
import type { LookupAddress, lookup } from "node:dns";
import { checkedLookup, mayBeAt } from "../../../../src/connectors/discord/checked-address.ts";

const discord = new URL("https://discord.com/api");

/** What a connection to `base` is told when its name leads to these addresses. */
function found(base: URL, addresses: readonly string[], all = true): Promise<string | LookupAddress[]> {
  const dns = ((_name: string, _options: object, callback: (error: null, list: LookupAddress[]) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
    )) as unknown as typeof lookup;
  return new Promise((resolve, reject) => {
    checkedLookup(base, dns)(base.hostname, { all }, (error, address) =>
      error === null ? resolve(address) : reject(error),
    );
  });
}

describe("The address a connection to Discord is made to", () => {
  it("is the one that was checked", async () => {
    const addresses = ["162.159.137.232", "2606:4700::1"];
    assert.deepEqual(await found(discord, addresses), [
      { address: "162.159.137.232", family: 4 },
      { address: "2606:4700::1", family: 6 },
    ]);
    assert.equal(await found(discord, addresses, false), "162.159.137.232");
  });

  it("is never a private one for a public name, not even one of several", async () => {
    for (const address of [
      "127.0.0.1",
      "10.0.0.1",
      "192.168.1.1",
      "169.254.169.254",
      "::1",
      "fd00::1",
      "0.0.0.0",
    ]) {
      await assert.rejects(found(discord, ["162.159.137.232", address]), {
        code: "discord_unreachable",
        message: `the name discord.com leads to ${address}, which is no public address`,
      });
    }
    await assert.rejects(found(discord, []), /has no address/);
  });

  it("may be private for a server whose name or address says so, but never that of a cloud's metadata", () => {
    for (const base of [
      "http://localhost:4000",
      "http://spacebar.lan",
      "https://chat",
      "http://192.168.1.7:3001",
    ]) {
      assert.ok(mayBeAt(new URL(base), "192.168.1.7"), base);
      assert.ok(mayBeAt(new URL(base), "93.184.216.34"), base);
      assert.ok(!mayBeAt(new URL(base), "169.254.169.254"), base);
    }
    for (const base of ["https://discord.com", "http://example.com", "https://lan.example.com"]) {
      assert.ok(!mayBeAt(new URL(base), "192.168.1.7"), base);
    }
  });

  it("may be the placeholder of a VPN program where a certificate proves who answers", () => {
    assert.ok(mayBeAt(discord, "198.18.0.12"));
    assert.ok(!mayBeAt(new URL("http://example.com"), "198.18.0.12"));
  });
});
