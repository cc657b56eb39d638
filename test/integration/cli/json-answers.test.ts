import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { commandAnswers } from "../../../src/contracts/command-answers.ts";
import { errorCatalogue } from "../../../src/contracts/error-catalogue.ts";
import { type ErrorCode, ErrorDetails } from "../../../src/contracts/errors.ts";
import { PutWebhookResponse } from "../../../src/contracts/http-webhooks.ts";
import { type DiscordSimulator, startDiscordSimulator } from "../../../src/simulator/discord-simulator.ts";
import { CommandRun } from "../../support/cli/run-command.ts";
import { newStateRoot } from "../../support/sidecar/sidecar-process.ts";

const palyra = path.resolve(import.meta.dirname, "../../../dist/palyra.mjs");

describe("The palyra command for programs", function () {
  this.timeout(120_000);
  let root: string;
  let remove: () => Promise<void>;
  let simulator: DiscordSimulator;
  let up: CommandRun;

  const run = async (args: readonly string[], input = ""): Promise<CommandRun & { code: number | null }> => {
    const command = new CommandRun(palyra, ["--state-root", root, ...args], process.env);
    command.feed(input);
    return Object.assign(command, { code: await command.ended() });
  };
  /** Runs a command with --json and checks each line of its answer. @returns the last one */
  const ask = async (
    name: keyof typeof commandAnswers,
    args: readonly string[] = [],
    { input = "", code = 0 } = {},
  ): Promise<unknown> => {
    const ran = await run(["--json", ...name.split(" "), ...args], input);
    assert.equal(ran.code, code, `${name}: ${ran.stdout}${ran.stderr}`);
    assert.notEqual(ran.stdout, "", `${name}: ${ran.stderr}`);
    const documents = ran.stdout
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    for (const document of documents) {
      const parsed = commandAnswers[name].safeParse(document);
      assert.ok(parsed.success, `${name}: ${parsed.error?.message} in ${JSON.stringify(document)}`);
    }
    return documents.at(-1);
  };

  before(async () => {
    ({ root, remove } = await newStateRoot());
    simulator = await startDiscordSimulator();
    up = new CommandRun(palyra, ["--state-root", root, "--plain", "up"], process.env);
    await up.prints(/palyrad is running/);
  });
  after(async () => {
    up.signal("SIGINT");
    await up.ended();
    await run(["stop"]);
    await simulator.close();
    await remove();
  });

  it("connects an account, asks and changes it, and answers everything as the contracts say", async () => {
    const channel = simulator.lab.general.id;
    const token = simulator.lab.bot.token;
    await ask(
      "channels add",
      [
        "--provider",
        "discord",
        "--credential-stdin",
        "--api-base",
        simulator.apiBase,
        "--inbound-scope",
        "open_guild_channels",
        "--confirm-open-guild-channels",
        "--verify-channel-id",
        channel,
      ],
      { input: token },
    );
    await ask("channels discord add", ["--credential-stdin", "--yes", "--api-base", simulator.apiBase], {
      input: token,
    });
    await ask("channels discord status");
    await ask("channels discord health-refresh", ["--account-id", "default"]);
    await ask("channels discord verify", ["--to", channel, "--confirm"]);
    await ask("channels list");
    await ask("channels status", ["discord"]);
    await ask("channels status");
    await ask("channels logs", ["discord"]);
    await ask("channels health-refresh", ["--provider", "discord", "--verify-channel-id", channel]);
    await ask("channels verify", ["discord", "--to", channel, "--yes"]);
    await ask("channels test", ["discord", "--text", "hello"]);
    await ask("channels test", ["discord", "--text", "hello", "--is-direct-message", "false"]);
    for (const name of ["queue-pause", "queue-drain", "queue-resume"] as const) {
      await ask(`channels ${name}`, ["discord:default"]);
    }
    await ask("channels dead-letters", ["discord"]);
    await ask("channels capabilities", ["discord"]);
    await ask("channels resolve", ["--entity", "channel", "--value", `<#${channel}>`]);
    await ask("channels pairings", ["discord"]);
    await ask("channels pairing-code", ["discord"]);
    await ask("channels pairing-revoke", ["discord", "discord:user:1100000000000000001"]);
    await ask("channels router rules");
    await ask("channels router warnings");
    await ask("channels router preview", ["--route-channel", "discord:default", "--text", "hi"]);
    await ask("channels router pairings");
    await ask("channels router mint-pairing-code", ["--route-channel", "discord:default"]);
    await ask("message capabilities", ["discord"]);
    const sent = (await ask("message send", ["discord", "--to", channel, "--text", "one", "--yes"])) as {
      dispatch: { native_message_id: string };
    };
    const place = ["discord", "--conversation-id", channel];
    await ask("message read", place);
    await ask("message search", [...place, "--query", "one"]);
    const message = [...place, "--message-id", sent.dispatch.native_message_id];
    const waits = { code: errorCatalogue.failed_precondition.exitCode };
    const edit = [...message, "--text", "two"];
    const asked = (await ask("message edit", edit, waits)) as { approval: { approval_id: string } };
    const { approval_id: id } = asked.approval;
    await ask("approvals");
    await ask("approvals allow", [id]);
    await ask("message edit", [...edit, "--approval-id", id]);
    await ask("message react", [...message, "--emoji", "👍"], waits);
    await ask("message delete", message, waits);
    await ask("channels disable", ["discord"]);
    await ask("channels enable", ["discord"]);
    await ask("channels restart", ["discord"]);
    await ask("channels logout", ["discord"]);
    await ask("channels login", ["discord"]);
    await ask("channels discord login");
    await ask("channels remove", ["discord", "--yes"]);
  });

  it("handles webhooks, secrets, settings and profiles as the contracts say", async () => {
    await ask("secrets set", ["global", "hook", "--value-stdin"], { input: "a-long-enough-secret" });
    await ask("secrets list");
    const settings = ["--secret-ref", "global/hook", "--allow-event", "push"];
    const added = PutWebhookResponse.parse(await ask("webhooks add", ["hook_a", "github", ...settings]));
    assert.deepEqual([added.created, added.integration.display_name], [true, "hook_a"]);
    const again = PutWebhookResponse.parse(await ask("webhooks add", ["hook_a", "--display-name", "A"]));
    assert.deepEqual([again.created, again.integration.display_name], [false, "A"]);
    assert.deepEqual(again.integration.allowed_events, ["push"]);
    const told = await run(["webhooks", "add", "hook_a", "--display-name", "B"]);
    assert.match(
      told.stdout,
      /^There was a webhook hook_a: what was given is changed, the rest is as before\./,
    );
    await ask("webhooks list", ["--provider", "github", "--enabled", "true"]);
    await ask("webhooks show", ["hook_a"]);
    const payload = JSON.stringify({ repository: { full_name: "a/b" } });
    await ask("webhooks sign", ["hook_a", "--payload-stdin", "--event", "push"], { input: payload });
    await ask("webhooks sign", ["hook_a", "--payload-stdin"], { input: "x".repeat(1_048_576) });
    const invalid = { input: payload, code: errorCatalogue.validation_error.exitCode };
    await ask("webhooks test", ["hook_a", "--payload-stdin"], invalid);
    const dispatched = ["hook_a", "--event", "push", "--payload-stdin", "--dedupe-key", "one"];
    await ask("webhooks dispatch", dispatched, { input: payload });
    await ask("webhooks dispatch", ["hook_a", "--event", "push"]);
    await ask("webhooks deliveries", ["hook_a"]);
    await ask("webhooks disable", ["hook_a"]);
    await ask("webhooks enable", ["hook_a"]);
    await ask("webhooks remove", ["hook_a", "--yes"]);
    await ask("secrets delete", ["global/hook", "--yes"]);
    await ask("secrets rotate");
    await ask("config get");
    await ask("config set", ["router.max_message_bytes", "1000"]);
    await ask("config unset", ["router.max_message_bytes"]);
    await ask("config validate");
    await ask("profile create", ["work"]);
    await ask("profile list");
    await ask("profile use", ["work"]);
    await ask("profile remove", ["work", "--yes"], { code: 0 });
    await ask("status");
    await ask("logs");
    await ask("timeline");
    await ask("completion", ["bash"]);
    await ask("support-bundle", ["--out", path.join(root, "bundle.zip")]);
  });

  it("says in plain words what cannot be a name, an id or a payload", async () => {
    const cases: readonly (readonly [RegExp, string, ...string[]])[] = [
      [/cannot be a name/, "", "webhooks", "show", ".."],
      [/use letters, digits/, "", "webhooks", "add", "..", "github", "--secret-ref", "global/hook"],
      [/no webhook takes more/, "x".repeat(1_048_577), "webhooks", "sign", "hook_a", "--payload-stdin"],
      [/not a JSON object/, "[1]", "webhooks", "dispatch", "hook_a", "--event", "push", "--payload-stdin"],
      [/no id of an approval/, "", "approvals", "allow", ""],
    ];
    for (const [sentence, input, ...args] of cases) {
      const { code, stderr } = await run(args, input);
      assert.match(stderr, sentence);
      assert.notEqual(code, 0, args.join(" "));
    }
  });

  it("ends with the exit code of the error, which it names", async () => {
    const broken = path.join(root, "broken");
    await mkdir(broken);
    await writeFile(path.join(broken, "palyra.toml"), "router = 5\n");
    const cases: readonly (readonly [ErrorCode, ...string[]])[] = [
      ["validation_error", "channels", "health-refresh"],
      ["validation_error", "channels", "status", "--account-id", "ops"],
      ["validation_error", "channels", "add", "slack"],
      ["not_found", "channels", "status", "discord:nobody"],
      ["not_found", "webhooks", "show", "nobody"],
      ["not_running", "--state-root", path.join(root, "empty"), "channels", "list"],
      ["config_invalid", "--state-root", broken, "config", "validate"],
      ["validation_error", "channels", "verify", "discord", "--to", "1"],
      ["validation_error", "frobnicate"],
      ["validation_error", "channels", "list", "--limit"],
      ["validation_error", "channels", "verify", "discord"],
    ];
    for (const [code, ...args] of cases) {
      const { code: exitCode, stderr } = await run(["--json", ...args]);
      const { error } = JSON.parse(stderr) as { error: unknown };
      assert.equal(ErrorDetails.parse(error).code, code, stderr);
      assert.equal(exitCode, errorCatalogue[code].exitCode, args.join(" "));
    }
    assert.equal((await run(["channels", "frobnicate"])).code, errorCatalogue.validation_error.exitCode);
    for (const alone of [[], ["channels"], ["channels", "discord"]]) {
      const help = await run(alone);
      assert.deepEqual([help.code, help.stderr], [0, ""]);
      assert.match(help.stdout, /^Usage: palyra/);
    }
  });
});
