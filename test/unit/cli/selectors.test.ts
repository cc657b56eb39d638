import assert from "node:assert/strict";
import { resolveDiscord } from "../../../src/cli/commands/channels/resolve.ts";
import {
  requiredConnector,
  selectedAccount,
  selectedConnector,
} from "../../../src/cli/connector-selector.ts";

describe("Naming a connector on the command line", () => {
  it("takes the id, the provider, or provider and account apart", () => {
    for (const [named, flags, id] of [
      ["discord:ops", {}, "discord:ops"],
      ["discord", {}, "discord:default"],
      ["discord", { accountId: "ops" }, "discord:ops"],
      [undefined, { provider: "discord" }, "discord:default"],
      [undefined, { provider: "discord", accountId: "ops" }, "discord:ops"],
      ["discord", { provider: "discord" }, "discord:default"],
      ["discord:ops", { provider: "discord" }, "discord:ops"],
      ["discord:ops", { provider: "discord", accountId: "ops" }, "discord:ops"],
      [undefined, {}, null],
    ] as const) {
      assert.equal(selectedConnector(named, flags), id);
    }
    assert.equal(selectedAccount("discord:ops", {}), "ops");
  });

  it("refuses what names nothing, two things or no provider", () => {
    const refused = { code: "validation_error" };
    assert.throws(() => selectedConnector(undefined, { accountId: "ops" }), refused);
    assert.throws(() => selectedConnector("discord:ops", { accountId: "default" }), refused);
    assert.throws(() => selectedConnector("discord:ops", { provider: "echo" }), refused);
    assert.throws(() => selectedConnector("discord", { provider: "echo" }), refused);
    assert.throws(() => selectedConnector("nope", {}), refused);
    assert.throws(() => selectedConnector("discord:../x", {}), refused);
    assert.throws(() => requiredConnector(undefined, {}), refused);
    assert.throws(() => selectedAccount("slack", {}), refused);
  });

  it("reads ids as people copy them out of Discord", () => {
    const id = "1100000000000000002";
    for (const [entity, value, canonical] of [
      ["channel", id, id],
      ["channel", `<#${id}>`, id],
      ["channel", `https://discord.com/channels/1100000000000000001/${id}`, id],
      ["channel", `https://discord.com/channels/1100000000000000001/${id}/1100000000000000003`, id],
      ["guild", `https://discord.com/channels/${id}/1100000000000000003`, `guild:${id}`],
      ["thread", `thread:${id}`, id],
      ["user", `<@!${id}>`, `discord:user:${id}`],
      ["user", `discord:user:${id}`, `discord:user:${id}`],
      ["role", `<@&${id}>`, `discord:role:${id}`],
    ] as const) {
      assert.deepEqual(resolveDiscord(entity, value), { normalized: id, canonical });
    }
    for (const value of ["general", "", `<@${id}>`, "https://discord.com/channels/@me"]) {
      assert.throws(() => resolveDiscord("channel", value), { code: "validation_error" });
    }
  });
});
