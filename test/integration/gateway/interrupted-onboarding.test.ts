import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import type { SecretChange } from "../../../src/contracts/control-link.ts";
import type { ErrorDetails } from "../../../src/contracts/errors.ts";
import type { ApplyRequest } from "../../../src/contracts/http-onboarding.ts";
import { stagedTokenRef } from "../../../src/contracts/staged-account.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import { defaultRef, OnboardingScene } from "../../support/sidecar/onboarding-scene.ts";
import { textBelow } from "../../support/sidecar/sidecar-process.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const userFile = "# the user's own file\n\n[router]\n  enabled   = true # spaced oddly\n";
const storeIsClosed: ErrorDetails = {
  code: "secret_store_unavailable",
  message: "The keyring is locked.",
  next_step: "Unlock it.",
};

describe("Setting up a Discord account while the gateway is killed", () => {
  let scene: OnboardingScene;
  beforeEach(async () => {
    scene = await OnboardingScene.open();
    await scene.configure(userFile);
  });
  afterEach(() => scene.close());

  const noteFile = (): string => statePaths(scene.root).stagedAccount;
  /** Begins to set the account up, and kills the gateway when it asks for a change of a secret that `when` picks. */
  const killAtSecret = async (
    when: (change: SecretChange) => boolean,
    asked: Partial<ApplyRequest> = {},
  ): Promise<void> => {
    scene.onSecret = (change) => {
      if (when(change)) scene.gateway.child.kill("SIGKILL");
      return null;
    };
    await assert.rejects(scene.post("onboarding/apply", scene.wish({ timeout_ms: 60_000, ...asked })));
    scene.onSecret = () => null;
  };
  /** The same, but it is killed when the file has the new settings and the bot does not connect yet. */
  const killAtFile = async (text: string, asked: Partial<ApplyRequest> = {}): Promise<void> => {
    scene.onSecret = () => {
      scene.simulator.faults.refuseGateway = true;
      return null;
    };
    const request = scene.post("onboarding/apply", scene.wish({ timeout_ms: 60_000, ...asked }));
    await waitUntil("the change in the file", async () => (await scene.config())?.includes(text));
    scene.gateway.child.kill("SIGKILL");
    await assert.rejects(request);
    scene.onSecret = () => null;
    scene.simulator.faults.clear();
  };
  const waitUntilSettled = (): Promise<unknown> =>
    waitUntil("the end of what was begun", () => !existsSync(noteFile()));
  const assertUntouched = async (): Promise<void> => {
    assert.equal(await scene.config(), userFile);
    assert.deepEqual(scene.secrets, {});
    await scene.waitFor(undefined);
    assert.equal(scene.simulator.gateway.isOnline(scene.simulator.lab.bot.userId), false);
  };

  it("takes the token back with the next start, before anything else is done", async () => {
    await killAtSecret(() => true);
    assert.deepEqual(Object.keys(scene.secrets), [defaultRef]);
    assert.ok(!(await textBelow(scene.root)).includes(scene.token));
    await scene.startAgain();
    await waitUntilSettled();
    await assertUntouched();
    const applied = await scene.apply();
    assert.equal(applied.connector?.liveness, "running");
  });

  it("takes the file back byte by byte and never connects, and the same request works afterwards", async () => {
    await killAtFile("channels.discord");
    const { identifies } = scene.simulator.counts;
    await scene.startAgain();
    await waitUntilSettled();
    await assertUntouched();
    assert.equal(scene.simulator.counts.identifies, identifies);
    const applied = await scene.apply();
    assert.deepEqual([applied.applied.changed, applied.connector?.liveness], [true, "running"]);
    assert.equal(existsSync(noteFile()), false);
  });

  it("does so first when the very next thing is the same request again", async () => {
    await killAtFile("channels.discord");
    await scene.startAgain();
    const applied = await scene.apply({ plan: { concurrency_limit: 9 } });
    assert.equal(applied.connector?.liveness, "running");
    assert.match((await scene.config()) ?? "", /concurrency_limit = 9/);
    assert.deepEqual(scene.secrets, { [defaultRef]: scene.token });
  });

  it("keeps what the owner has written and stored meanwhile", async () => {
    await killAtFile("channels.discord");
    await writeFile(scene.configFile, `# added meanwhile\n${await scene.config()}`);
    scene.secrets[defaultRef] = "a.token.of-the-owner";
    await scene.startAgain();
    await waitUntilSettled();
    assert.equal(await scene.config(), `# added meanwhile\n${userFile}`);
    assert.deepEqual(scene.secrets, { [defaultRef]: "a.token.of-the-owner" });
  });

  it("names the line of palyra.toml that keeps it from being taken back, and goes on when that is mended", async () => {
    await killAtFile("channels.discord");
    const staged = (await scene.config()) ?? "";
    await writeFile(scene.configFile, `limit = [\n${staged}`);
    await scene.startAgain();
    const refused = await scene.refusal("accounts/default/logout", {});
    assert.equal(refused.code, "config_invalid");
    assert.match(refused.error, /palyra\.toml, line \d/);
    await writeFile(scene.configFile, staged);
    assert.equal((await scene.refusal("accounts/default/logout", {})).code, "not_found");
    await assertUntouched();
  });

  it("connects an account that was there with its old token and settings, whenever it was killed", async () => {
    await scene.apply();
    const before = await scene.config();
    const { token } = scene.addBot("helper");
    const asked = { token, plan: { concurrency_limit: 7 } };
    const assertAsBefore = async (): Promise<void> => {
      await scene.startAgain();
      await waitUntilSettled();
      assert.equal(await scene.config(), before);
      assert.deepEqual(scene.secrets, { [defaultRef]: scene.token });
      await waitUntil("the old bot", () => {
        const connector = scene.connector();
        return connector?.liveness === "running" && connector.identity === "palyra";
      });
    };
    await killAtSecret(({ ref }) => ref === stagedTokenRef("default"), asked);
    await assertAsBefore();
    await killAtSecret(({ ref }) => ref === defaultRef, asked);
    assert.equal(scene.secrets[defaultRef], token);
    await assertAsBefore();
    await killAtFile("concurrency_limit = 7", asked);
    await assertAsBefore();
  });

  it("leaves what was finished, and only forgets the old token", async () => {
    await scene.apply();
    const { token } = scene.addBot("helper");
    scene.onSecret = ({ ref, value }) => {
      if (ref === stagedTokenRef("default") && value === null) scene.gateway.child.kill("SIGKILL");
      return null;
    };
    await assert.rejects(scene.apply({ token, plan: { concurrency_limit: 7 } }));
    scene.onSecret = () => null;
    scene.secrets[stagedTokenRef("default")] = scene.token;
    await scene.startAgain();
    await waitUntilSettled();
    assert.match((await scene.config()) ?? "", /concurrency_limit = 7/);
    assert.deepEqual(scene.secrets, { [defaultRef]: token });
    await waitUntil("the new bot", () => scene.connector()?.identity === "helper");
  });

  it("goes on taking it back when the token could not be removed at first", async () => {
    scene.onSecret = ({ value }) => {
      scene.simulator.faults.refuseGateway = true;
      return value === null ? storeIsClosed : null;
    };
    const refusal = await scene.refusal("onboarding/apply", scene.wish({ timeout_ms: 1_000 }));
    assert.match(refusal.error, /could not be taken back yet, and is tried again by itself: the bot token/);
    assert.equal(await scene.config(), userFile);
    const again = await scene.refusal("onboarding/apply", scene.wish({ timeout_ms: 1_000 }));
    assert.deepEqual([again.code, again.error], ["secret_store_unavailable", "The keyring is locked."]);
    scene.onSecret = () => null;
    scene.simulator.faults.clear();
    const controller = await scene.gateway.connect({ secrets: scene.secrets });
    await waitUntilSettled();
    controller.close();
    assert.deepEqual(scene.secrets, {});
  });

  it("leaves no token without an account when it is killed while it removes one; the same request ends that", async () => {
    await scene.apply();
    scene.onSecret = () => {
      scene.gateway.child.kill("SIGKILL");
      return null;
    };
    const wish = { account_id: "default", confirm: true };
    await assert.rejects(scene.post("accounts/remove", wish));
    scene.onSecret = () => null;
    assert.deepEqual(scene.secrets, {});
    assert.match((await scene.config()) ?? "", /channels\.discord/);
    await scene.startAgain();
    await scene.done("accounts/remove", wish);
    assert.equal(await scene.config(), userFile);
    await scene.waitFor(undefined);
  });

  it("says what is wrong with a note that cannot be read, and changes nothing", async () => {
    await writeFile(noteFile(), "{ broken");
    const { code, error, next_step } = await scene.refusal("onboarding/apply", scene.wish({}));
    assert.equal(code, "storage_failed");
    assert.ok(error.includes(noteFile()));
    assert.match(next_step, /Remove this file/);
    assert.equal(await scene.config(), userFile);
    assert.deepEqual(scene.secrets, {});
  });
});
