import assert from "node:assert/strict";
import fc from "fast-check";
import { decideAddresses, decideUrl, type TargetDecision } from "../../../src/browserd/target-policy.ts";
import { type AddressClass, classifyAddress } from "../../../src/platform/address-class.ts";

const strict = { allowPrivateTargets: false };
const open = { allowPrivateTargets: true };
const outcome = (decision: TargetDecision): string => (decision.allowed ? "allowed" : decision.refusal);

describe("target policy", () => {
  const addresses: readonly [AddressClass, readonly string[]][] = [
    [
      "public",
      [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.215.14",
        "172.15.255.255",
        "172.32.0.1",
        "100.63.255.255",
        "100.128.0.1",
        "11.0.0.1",
        "126.255.255.255",
        "192.167.255.255",
        "192.169.0.1",
        "198.17.255.255",
        "198.20.0.1",
        "223.255.255.255",
      ],
    ],
    ["public", ["2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1"]],
    ["public", ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]],
    [
      "private",
      [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.1.1",
        "198.18.0.1",
        "198.19.255.255",
      ],
    ],
    ["private", ["::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fdff::1", "fec0::1"]],
    ["private", ["::ffff:127.0.0.1", "::ffff:10.1.2.3", "64:ff9b::127.0.0.1", "64:ff9b::c0a8:1"]],
    [
      "special",
      [
        "0.0.0.0",
        "0.1.2.3",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
      ],
    ],
    [
      "special",
      [
        "::",
        "ff02::1",
        "2001:db8::1",
        "3fff::1",
        "2002:7f00:1::",
        "2001::1",
        "100::1",
        "64:ff9b:1::1",
        "4000::1",
      ],
    ],
    ["special", ["::127.0.0.1", "::8.8.8.8", "::ffff:0.0.0.0", "64:ff9b::224.0.0.1", "not an address", ""]],
    [
      "metadata",
      [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "fd00:ec2::254",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
      ],
    ],
  ];
  for (const [kind, list] of addresses) {
    it(`knows as ${kind}: ${list.join(", ")}`, () => {
      for (const address of list) assert.equal(classifyAddress(address), kind, address);
    });
  }

  const urls: readonly [string, string, string][] = [
    // URL, outcome by default, outcome when private targets are allowed
    ["http://example.com/", "allowed", "allowed"],
    ["https://example.com:8443/a?b#c", "allowed", "allowed"],
    [" https://example.com/ ", "allowed", "allowed"],
    ["HTTP://EXAMPLE.COM", "allowed", "allowed"],
    ["http://1.1.1.1/", "allowed", "allowed"],
    ["http://[2606:4700::1111]/", "allowed", "allowed"],
    ["http://bücher.example/", "allowed", "allowed"],
    ["http://internal.example.com/", "allowed", "allowed"],
    ["http://localhost.example.com/", "allowed", "allowed"],
    ["about:blank", "allowed", "allowed"],
    ["file:///etc/passwd", "blocked_scheme", "blocked_scheme"],
    ["ftp://example.com/", "blocked_scheme", "blocked_scheme"],
    ["javascript:alert(1)", "blocked_scheme", "blocked_scheme"],
    ["data:text/html,hi", "blocked_scheme", "blocked_scheme"],
    ["chrome://settings", "blocked_scheme", "blocked_scheme"],
    ["about:config", "blocked_scheme", "blocked_scheme"],
    ["view-source:http://example.com", "blocked_scheme", "blocked_scheme"],
    ["ws://example.com/", "blocked_scheme", "blocked_scheme"],
    ["http://user@example.com/", "credentials_in_url", "credentials_in_url"],
    ["http://user:pw@example.com/", "credentials_in_url", "credentials_in_url"],
    ["http://example.com@127.0.0.1/", "credentials_in_url", "credentials_in_url"],
    ["", "invalid_url", "invalid_url"],
    ["example.com", "invalid_url", "invalid_url"],
    ["http://", "invalid_url", "invalid_url"],
    ["http://exa mple.com/", "invalid_url", "invalid_url"],
    ["http://256.256.256.256/", "invalid_url", "invalid_url"],
    ["http://2130706433/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://0x7f000001/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://0x7f.0.0.1/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://0177.0.0.1/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://127.1/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://127.0.0.01/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://0/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://%31%32%37.0.0.1/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://１２７.0.0.1/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://127。0。0。1/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http:\\\\127.1\\", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["ht\ntp://134744072/", "non_canonical_ipv4", "non_canonical_ipv4"],
    ["http://127.0.0.1/", "private_target", "allowed"],
    ["http://127.0.0.1./", "private_target", "allowed"],
    ["http://127.0.0.1:8080/", "private_target", "allowed"],
    ["http://192.168.1.1/", "private_target", "allowed"],
    ["http://[::1]/", "private_target", "allowed"],
    ["http://[::ffff:127.0.0.1]/", "private_target", "allowed"],
    ["http://[64:ff9b::7f00:1]/", "private_target", "allowed"],
    ["http://localhost/", "private_target", "allowed"],
    ["http://LOCALHOST:3000/", "private_target", "allowed"],
    ["http://localhost./", "private_target", "allowed"],
    ["http://app.localhost/", "private_target", "allowed"],
    ["http://wiki.internal/", "private_target", "allowed"],
    ["http://nas.local/", "private_target", "allowed"],
    ["http://router.home.arpa/", "private_target", "allowed"],
    ["http://0.0.0.0/", "special_target", "special_target"],
    ["http://224.0.0.1/", "special_target", "special_target"],
    ["http://[::7f00:1]/", "special_target", "special_target"],
    ["http://[2002:7f00:1::]/", "special_target", "special_target"],
    ["http://169.254.169.254/latest", "metadata_target", "metadata_target"],
    ["http://[fd00:ec2::254]/", "metadata_target", "metadata_target"],
    ["http://metadata.google.internal/", "metadata_target", "metadata_target"],
    ["http://Metadata.Google.Internal./", "metadata_target", "metadata_target"],
    ["http://metadata/", "metadata_target", "metadata_target"],
    ["http://instance-data/", "metadata_target", "metadata_target"],
  ];
  for (const [url, byDefault, whenOpen] of urls) {
    it(`${JSON.stringify(url)}: ${byDefault} by default, ${whenOpen} with private targets`, () => {
      assert.equal(outcome(decideUrl(url, strict)), byDefault);
      assert.equal(outcome(decideUrl(url, open)), whenOpen);
    });
  }

  it("refuses a name when one of its addresses is refused", () => {
    assert.equal(outcome(decideAddresses("a.example", ["1.1.1.1", "10.0.0.1"], strict)), "private_target");
    assert.equal(outcome(decideAddresses("a.example", ["1.1.1.1", "10.0.0.1"], open)), "allowed");
    assert.equal(
      outcome(decideAddresses("a.example", ["1.1.1.1", "169.254.169.254"], open)),
      "metadata_target",
    );
    assert.equal(outcome(decideAddresses("a.example", [], open)), "no_address");
  });

  it("judges an IPv4 address alike in all the ways IPv6 can carry it", () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet), (octets) => {
        const plain = octets.join(".");
        const hex = octets.map((part) => part.toString(16).padStart(2, "0")).join("");
        const tail = `${hex.slice(0, 4)}:${hex.slice(4)}`;
        assert.equal(classifyAddress(`::ffff:${tail}`), classifyAddress(plain));
        assert.equal(classifyAddress(`64:ff9b::${tail}`), classifyAddress(plain));
      }),
    );
  });

  it("never throws, whatever the address", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.ipV4(), fc.ipV6()), (text) => {
        outcome(decideUrl(text, strict));
        outcome(decideUrl(`http://${text}/`, open));
        classifyAddress(text);
      }),
    );
  });
});
