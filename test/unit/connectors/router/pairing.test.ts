import assert from "node:assert/strict";
import fc from "fast-check";
import {
  newPairingCode,
  normalisedCode,
  pairingCodeIn,
} from "../../../../src/connectors/router/pairing/pairing-code.ts";
import { PairingDesk } from "../../../../src/connectors/router/pairing/pairing-desk.ts";
import { lifetime, pairingLimits } from "../../../../src/connectors/router/pairing/pairing-limits.ts";
import type { RuleSet } from "../../../../src/connectors/router/rule-set.ts";
import { MemoryPairingStore } from "./pairing-scene.ts";
import { rulesOf } from "./routing-scene.ts";

const minute = 60_000;
const hour = 60 * minute;
const connector = "discord:default";

describe("Pairing", () => {
  let now: number;
  let rules: RuleSet;
  let desk: PairingDesk;
  const ada = { sender: "42", roles: [], conversation: "discord:channel:7" };

  beforeEach(() => {
    now = 1_000_000_000_000;
    rules = rulesOf({ direct_message_policy: "pairing" });
    desk = new PairingDesk({ store: new MemoryPairingStore(), rules: () => rules, now: () => now });
  });

  async function minted(ttlMs: number | null = null): Promise<string> {
    const outcome = await desk.mint(connector, "owner", ttlMs);
    assert.ok(outcome.kind === "minted");
    return outcome.code.code;
  }
  const offered = async (code: string, person = ada): Promise<string> =>
    (await desk.offer(connector, person, code)).outcome.kind;

  it("goes from a code over the owner's word to a grant that expires", async () => {
    const code = await minted();
    const { outcome, answer } = await desk.offer(connector, ada, code);
    assert.ok(outcome.kind === "direct_message_pairing_pending_approval");
    assert.deepEqual(outcome.pending, {
      sender: "discord:user:42",
      conversation: "discord:channel:7",
      code,
      requestedAt: now,
      expiresAt: now + 15 * minute,
    });
    assert.match(answer ?? "", /owner has to confirm/);
    assert.equal(await desk.isPaired(connector, "42"), false);

    const { outcome: verdict, notice } = await desk.approve(connector, "<@42>", "owner");
    assert.equal(verdict.kind, "approved");
    assert.deepEqual(notice, {
      connectorId: connector,
      conversation: "discord:channel:7",
      text: "You are paired now. Write what you need.",
    });
    assert.equal(await desk.isPaired(connector, "discord:user:42"), true);
    now += 8 * hour - 1;
    assert.equal(await desk.isPaired(connector, "42"), true);
    now += 1;
    assert.equal(await desk.isPaired(connector, "42"), false);
  });

  it("uses a code up, and takes it in any case, with blanks and hyphens", async () => {
    const code = await minted();
    const typed = ` ${code.slice(0, 4).toLowerCase()}-${code.slice(4)} `;
    assert.equal(await offered(typed), "direct_message_pairing_pending_approval");
    const other = { ...ada, sender: "43" };
    assert.equal(await offered(code, other), "direct_message_pairing_code_invalid");
  });

  it("calls an expired code expired and an unknown one unknown", async () => {
    const code = await minted();
    now += 10 * minute;
    assert.equal(await offered(code), "direct_message_pairing_code_expired");
    assert.equal(await offered("22222222"), "direct_message_pairing_code_invalid");
    assert.equal(await offered("short"), "direct_message_pairing_code_invalid");
  });

  it("refuses even right codes after five wrong ones within an hour, of that person only", async () => {
    const code = await minted(hour);
    for (let wrong = 0; wrong < 5; wrong += 1) await offered("22222222");
    assert.equal(await offered(code), "direct_message_pairing_rate_limited");
    assert.equal(await offered("22222222", { ...ada, sender: "43" }), "direct_message_pairing_code_invalid");
    now += hour;
    assert.equal(await offered(await minted()), "direct_message_pairing_pending_approval");
  });

  it("asks deny list and rule when a code is entered, not only before", async () => {
    const code = await minted();
    rules = rulesOf({ direct_message_policy: "pairing", deny_from: ["42", "role:5"] });
    const { outcome, answer } = await desk.offer(connector, ada, code);
    assert.equal(outcome.kind, "sender_denied");
    assert.equal(answer, null, "who is denied learns nothing");
    assert.equal(await offered(code, { ...ada, sender: "43", roles: ["5"] } as never), "sender_denied");
    rules = rulesOf({ direct_message_policy: "allow" });
    assert.equal(await offered(code), "direct_message_pairing_disabled");
    rules = rulesOf({ direct_message_policy: "pairing", enabled: false });
    assert.equal(await offered(code), "direct_message_pairing_disabled");
    rules = rulesOf({ direct_message_policy: "pairing" });
    assert.equal(await offered(code), "direct_message_pairing_pending_approval");
  });

  it("asks them again when the owner decides", async () => {
    await offered(await minted());
    rules = rulesOf({ direct_message_policy: "deny" });
    assert.equal((await desk.approve(connector, "42", "owner")).outcome.kind, "pairing_disabled");
    rules = rulesOf({ direct_message_policy: "pairing", deny_from: ["42"] });
    assert.equal((await desk.approve(connector, "42", "owner")).outcome.kind, "sender_denied");
    assert.equal(await desk.isPaired(connector, "42"), false);
  });

  it("makes no code where there is no pairing, and not too many", async () => {
    rules = rulesOf({ direct_message_policy: "allow" });
    assert.equal((await desk.mint(connector, "owner")).kind, "direct_message_pairing_disabled");
    rules = rulesOf({ direct_message_policy: "pairing" });
    for (let count = 0; count < pairingLimits.activeCodes; count += 1) await minted();
    assert.equal((await desk.mint(connector, "owner")).kind, "too_many_active_codes");
    now += 10 * minute;
    await minted();
  });

  it("waits for the owner as long as it was said, and can be turned down", async () => {
    await offered(await minted());
    assert.equal(await offered("22222222"), "direct_message_pairing_pending_approval");
    const { outcome, notice } = await desk.deny(connector, "42", "owner");
    assert.equal(outcome.kind, "denied");
    assert.match(notice?.text ?? "", /did not confirm/);
    assert.equal((await desk.deny(connector, "42", "owner")).outcome.kind, "missing_pending");
    await offered(await minted());
    now += 15 * minute;
    assert.equal((await desk.approve(connector, "42", "owner")).outcome.kind, "missing_pending");
  });

  it("can be revoked, and a code taken back", async () => {
    await offered(await minted());
    await desk.approve(connector, "42", "owner", 30 * 24 * hour);
    assert.equal(await offered(await minted()), "direct_message_pairing_already_active");
    assert.equal(await desk.revoke(connector, "<@!42>"), true);
    assert.equal(await desk.revoke(connector, "42"), false);
    assert.equal(await desk.isPaired(connector, "42"), false);
    const code = await minted();
    assert.equal(await desk.withdraw(connector, code.toLowerCase()), true);
    assert.equal(await offered(code), "direct_message_pairing_code_invalid");
  });

  it("is one for a connector whatever the case of its id", async () => {
    await offered(await minted());
    await desk.approve("DISCORD:Default", "42", "owner");
    assert.equal(await desk.isPaired("Discord:default", "42"), true);
  });

  it("is listed for the owner without what has expired", async () => {
    assert.deepEqual(await desk.list(), []);
    const code = await minted();
    await offered(await minted());
    const [overview, ...others] = await desk.list("DISCORD:default");
    assert.deepEqual(others, []);
    assert.equal(overview?.connectorId, connector);
    assert.deepEqual(
      overview?.activeCodes.map((one) => one.code),
      [code],
    );
    assert.deepEqual(
      overview?.pending.map((one) => one.sender),
      ["discord:user:42"],
    );
    assert.deepEqual(await desk.list("echo:a"), []);
    now += hour;
    assert.deepEqual(await desk.list(), []);
  });

  it("is explained to a stranger once a day", async () => {
    assert.match((await desk.hint(connector, "42")) ?? "", /pairing code/);
    assert.equal(await desk.hint(connector, "42"), null);
    assert.notEqual(await desk.hint(connector, "43"), null);
    now += 24 * hour;
    assert.notEqual(await desk.hint(connector, "42"), null);
  });

  it("keeps lifetimes within their bounds", () => {
    assert.equal(lifetime("code", null), 10 * minute);
    assert.equal(lifetime("code", 1), 30_000);
    assert.equal(lifetime("code", Number.MAX_SAFE_INTEGER), 24 * hour);
    assert.equal(lifetime("pending", 0), 15 * minute);
    assert.equal(lifetime("grant", -1), 8 * hour);
    assert.equal(lifetime("grant", Number.NaN), 8 * hour);
    assert.equal(lifetime("grant", Number.POSITIVE_INFINITY), 30 * 24 * hour);
  });

  it("never grants without a right code and the owner's word, in whatever order things happen", async () => {
    const deed = fc.constantFrom("mint", "offer", "wrong", "approve", "deny", "revoke", "later");
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 14 }), async (deeds) => {
        now = 0;
        const one = new PairingDesk({ store: new MemoryPairingStore(), rules: () => rules, now: () => now });
        let [code, mayBePending, mayBePaired] = ["", false, false];
        for (const what of deeds) {
          if (what === "mint") {
            const outcome = await one.mint(connector, "owner");
            if (outcome.kind === "minted") code = outcome.code.code;
          } else if (what === "offer" && code !== "") {
            const { outcome } = await one.offer(connector, ada, code);
            mayBePending ||= outcome.kind === "direct_message_pairing_pending_approval";
          } else if (what === "wrong") {
            const { outcome } = await one.offer(connector, ada, "notacode");
            assert.ok(mayBePending || outcome.kind !== "direct_message_pairing_pending_approval");
          } else if (what === "approve") {
            const { outcome } = await one.approve(connector, "42", "owner");
            assert.ok(mayBePending || outcome.kind === "missing_pending");
            mayBePaired ||= outcome.kind === "approved";
            mayBePending = false;
          } else if (what === "deny") {
            await one.deny(connector, "42", "owner");
            mayBePending = false;
          } else if (what === "revoke") {
            await one.revoke(connector, "42");
            mayBePending = false;
            mayBePaired = false;
          } else {
            now += 4 * hour;
          }
          assert.ok(mayBePaired || !(await one.isPaired(connector, "42")));
        }
      }),
    );
  });
});

describe("Pairing codes", () => {
  it("have eight characters of Crockford's alphabet and a digit", () => {
    for (let count = 0; count < 500; count += 1) {
      assert.match(newPairingCode(), /^(?=.*\d)[0-9A-HJKMNP-TV-Z]{8}$/);
    }
    const random = [new Uint8Array(8).fill(30), new Uint8Array(8).fill(1)];
    assert.equal(
      newPairingCode(() => random.shift() ?? new Uint8Array(8)),
      "11111111",
    );
  });

  it("are read as people type them", () => {
    assert.equal(normalisedCode(" 4k7m-2xqz "), "4K7M2XQZ");
    assert.equal(normalisedCode("4K7M2XQ"), null);
  });

  it("are the second word after “pair”", () => {
    assert.equal(pairingCodeIn("Pair  abc", false), "abc");
    for (const text of ["pair", "pairing abc", "please pair abc", ""]) {
      assert.equal(pairingCodeIn(text, false), null, text);
    }
  });
});
