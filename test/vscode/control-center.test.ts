import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { serviceKinds } from "../../src/contracts/service-kinds.ts";
import { commandIds, panelViewType, settingIds } from "../../src/views/contribution-ids.ts";
import type { PalyraApi } from "../../src/views/palyra-api.ts";
import { eventually, isUp, item, palyra, service, setSetting, up } from "./live-system.ts";

/** From SIGKILL to healthy again, as the owner was promised. */
const RECOVERY_MS = 2_000;

describe("The control center in VS Code", () => {
  let api: PalyraApi;

  before(async () => {
    api = await palyra();
    for (const kind of serviceKinds) await up(api, kind);
  });

  it("starts its services by itself and needs no folder, setting or token for that", () => {
    assert.ok(serviceKinds.every((kind) => isUp(service(api, kind))));
    assert.equal(api.snapshot()?.quick_facts.role, "owner");
  });

  it("has registered every command of its package.json", async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const id of Object.values(commandIds)) assert.ok(registered.has(id), id);
  });

  it("shows the live processes in the overview: state, process, port, restarts", () => {
    for (const kind of serviceKinds) {
      const view = service(api, kind);
      assert.ok(isUp(view));
      assert.doesNotThrow(() => process.kill(view.pid, 0));
      assert.equal(item(api, `service:${kind}/pid`)?.description, String(view.pid));
      const [bound] = view.ports;
      assert.ok(bound);
      assert.match(
        item(api, `service:${kind}`)?.description ?? "",
        new RegExp(`^(Running|Degraded) · up .* · :${bound.port}$`),
      );
      assert.equal(item(api, `service:${kind}/restarts`)?.description, "none");
    }
  });

  it("shows the same in the status bar", async () => {
    await eventually(api, "the word in the status bar", () =>
      /^\$\([\w~-]+\) Palyra: (Healthy|Degraded)$/.test(api.status().text),
    );
  });

  for (const kind of serviceKinds) {
    it(`shows a SIGKILL of ${kind} in the overview, and has it up again within 2 s`, async () => {
      const before = await up(api, kind);
      const seen: string[] = [];
      const watching = api.onDidChange(() => seen.push(service(api, kind)?.state ?? "none"));
      const killedAt = Date.now();
      process.kill(before.pid, "SIGKILL");
      const after = await eventually(
        api,
        `another ${kind}`,
        () => {
          const view = service(api, kind);
          return isUp(view) && view.pid !== before.pid && view;
        },
        RECOVERY_MS,
      );
      watching.dispose();
      assert.ok(Date.now() - killedAt <= RECOVERY_MS);
      assert.ok(
        seen.some((state) => state === "starting" || state === "backoff"),
        `the overview showed ${seen.join(", ")}`,
      );
      assert.equal(after.restarts, before.restarts + 1);
      assert.match(after.last_exit ?? "", /SIGKILL/);
      assert.equal(item(api, `service:${kind}/exit`)?.description, after.last_exit);
    });
  }

  it("rotates the tokens without a restart", async () => {
    const before = serviceKinds.map((kind) => service(api, kind)?.pid);
    await vscode.commands.executeCommand(commandIds.rotateTokens);
    assert.deepEqual(
      serviceKinds.map((kind) => service(api, kind)?.pid),
      before,
    );
  });

  it("stops and starts one service from its tree item, and leaves the other alone", async () => {
    const gateway = await up(api, "gateway");
    await vscode.commands.executeCommand(commandIds.stopService, "service:browserd");
    await eventually(api, "browserd to be stopped", () => service(api, "browserd")?.state === "stopped");
    assert.equal(item(api, "service:browserd")?.contextValue, "service canStart");
    await vscode.commands.executeCommand(commandIds.startService, "service:browserd");
    await up(api, "browserd");
    assert.equal(service(api, "gateway")?.pid, gateway.pid);
  });

  it("opens one panel, however often it is asked to", async () => {
    await vscode.commands.executeCommand(commandIds.openControlCenter);
    await tabsToBe(1);
    await vscode.commands.executeCommand(commandIds.openControlCenter);
    const file = await vscode.workspace.openTextDocument({ content: "another tab" });
    await vscode.window.showTextDocument(file);
    await vscode.commands.executeCommand(commandIds.openControlCenter);
    await tabsToBe(1);
  });

  describe("when something is wrong", () => {
    afterEach(async () => {
      for (const id of Object.values(settingIds)) await setSetting(id, undefined);
      for (const kind of serviceKinds) await up(api, kind);
    });

    it("names a wrong setting in the overview, with a command that opens it, and goes on with the default", async () => {
      const before = service(api, "gateway")?.pid;
      await setSetting(settingIds.lingerSeconds, "for ever");
      const warning = await eventually(api, "the warning", () =>
        item(api, `warning:setting:${settingIds.lingerSeconds}`),
      );
      assert.match(
        warning.label,
        /palyra\.sidecars\.lingerSeconds must be a whole number .* but is "for ever"/,
      );
      assert.deepEqual(warning.command, {
        title: "Open Setting",
        command: commandIds.openSettings,
        arguments: [settingIds.lingerSeconds],
      });
      assert.equal(service(api, "gateway")?.pid, before);
      await setSetting(settingIds.lingerSeconds, undefined);
      await eventually(api, "the warning to go", () => item(api, warning.id) === undefined);
    });

    it("says which pinned port is taken and does not try again; the other service goes on, and another port mends it", async () => {
      const squatter = createServer().listen(0, "127.0.0.1");
      await once(squatter, "listening");
      try {
        const { port } = squatter.address() as AddressInfo;
        const browserd = service(api, "browserd")?.pid;
        await setSetting(settingIds.gatewayPort, port);
        await vscode.commands.executeCommand(commandIds.restartService, "gateway");
        const failed = await eventually(api, "the gateway to fail", () => {
          const view = service(api, "gateway");
          return view?.state === "failed" && view;
        });
        assert.equal(failed.problem?.code, "port_in_use");
        assert.ok(failed.problem?.message.includes(String(port)), failed.problem?.message);
        assert.equal(api.status().text, "$(error) Palyra: Down");
        const warning = item(api, "warning:gateway:port_in_use");
        assert.equal(warning?.command?.command, commandIds.openSettings);
        assert.equal(service(api, "browserd")?.pid, browserd);
      } finally {
        squatter.close();
      }
      await setSetting(settingIds.gatewayPort, undefined);
      await up(api, "gateway");
    });

    it("says that the chosen browser is not there, with a command that opens the settings; the gateway goes on", async () => {
      const gateway = service(api, "gateway")?.pid;
      await setSetting(settingIds.browserPath, "/nowhere/chromium");
      await vscode.commands.executeCommand(commandIds.restartService, "browserd");
      const warning = await eventually(api, "the warning", () =>
        item(api, "warning:browserd:browser_missing"),
      );
      assert.match(warning.label, /\/nowhere\/chromium/);
      assert.equal(warning.command?.command, commandIds.openSettings);
      assert.equal(service(api, "browserd")?.state, "degraded");
      assert.equal(service(api, "gateway")?.pid, gateway);
    });

    it("sets a torn state file aside, says so and works; back in the old folder it finds its processes again", async () => {
      const pids = serviceKinds.map((kind) => service(api, kind)?.pid);
      const root = await mkdtemp(path.join(tmpdir(), "palyra-torn-"));
      try {
        await writeFile(path.join(root, "state.json"), '{"schema_version": 8, "desired_run');
        await setSetting(settingIds.stateRoot, root);
        await eventually(
          api,
          "the other state folder",
          () => api.snapshot()?.quick_facts.state_root === root,
        );
        for (const kind of serviceKinds) await up(api, kind);
        const warnings = api.snapshot()?.warnings ?? [];
        assert.ok(
          warnings.some(({ message }) => /state/.test(message)),
          JSON.stringify(warnings),
        );
        const kept = (await readdir(root)).filter((name) => /^state\.json./.test(name));
        assert.ok(kept.length > 0, "the torn file is kept under a new name");
        await vscode.commands.executeCommand(commandIds.stop);
        await eventually(api, "the end of the services", () =>
          serviceKinds.every((kind) => service(api, kind)?.state === "stopped"),
        );
        await setSetting(settingIds.stateRoot, undefined);
        await eventually(api, "the old state folder", () => api.snapshot()?.quick_facts.state_root !== root);
        for (const kind of serviceKinds) await up(api, kind);
        assert.deepEqual(
          serviceKinds.map((kind) => service(api, kind)?.pid),
          pids,
        );
        assert.ok(serviceKinds.every((kind) => service(api, kind)?.adopted));
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    });
  });
});

/** Waits until so many panels are open and one of them is in front. */
async function tabsToBe(count: number): Promise<void> {
  const inFront = (): boolean => {
    const panels = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(
        ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(panelViewType),
      );
    return panels.length === count && panels.some((panel) => panel.isActive);
  };
  await new Promise<void>((resolve) => {
    const subscription = vscode.window.tabGroups.onDidChangeTabs(() => look());
    const look = (): void => {
      if (!inFront()) return;
      subscription.dispose();
      resolve();
    };
    look();
  });
}
