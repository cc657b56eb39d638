import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { echoAgent } from "../../../src/gateway/agent/echo-agent.ts";
import { Channels } from "../../../src/gateway/channels.ts";
import { parseConfig } from "../../../src/gateway/parse-config.ts";
import { Redactor } from "../../../src/platform/redactor.ts";
import { statePaths } from "../../../src/platform/state-paths.ts";
import type { SidecarContext } from "../../../src/sidecar/run-sidecar.ts";
import { waitUntil } from "../../support/vscode/wait-until.ts";

const silent = (): void => undefined;

describe("A gateway that begins", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(os.tmpdir(), "palyra-begin-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  it("says that it is not ready, and never that a connector of its configuration is not there", async () => {
    const { config, rules } = await parseConfig("[channels.discord.ops]\nenabled = false\n", "palyra.toml");
    const looks: string[] = [];
    const context = {
      paths: statePaths(root),
      log: { debug: silent, info: silent, warn: silent, error: silent },
      redactor: new Redactor(),
      statusChanged: () => {
        looks.push(look());
      },
    } as unknown as SidecarContext;
    const webhooks = {
      attach: async () => undefined,
      detach: async () => undefined,
      messagesChanged: silent,
    };
    const channels = new Channels({
      context,
      webhooks,
      config: () => config,
      rules: () => rules,
      agent: echoAgent,
      bundleUrl: import.meta.url,
    });
    const look = (): string => {
      try {
        return channels.connectors.ids().join() || "no connector";
      } catch (thrown) {
        return (thrown as { code: string }).code;
      }
    };
    channels.open();
    try {
      await waitUntil("the store to be open", () => channels.facts().storeProblem === null);
      assert.equal(look(), "discord:ops");
      assert.ok(looks.includes("service_unavailable"));
      assert.ok(!looks.includes("no connector"), looks.join(", "));
    } finally {
      await channels.stop(0);
    }
  });
});
