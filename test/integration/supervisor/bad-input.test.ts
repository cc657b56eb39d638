import assert from "node:assert/strict";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { RunRecord } from "../../../src/contracts/control-link.ts";
import { runRecordFile, statePaths } from "../../../src/platform/state-paths.ts";
import { defaultSettings } from "../../../src/supervisor/control-center-options.ts";
import { ownerEndpoints } from "../../../src/supervisor/owner-server.ts";
import { serviceIn, TestHome, testOptions, viewOf } from "../../support/supervisor/control-center-host.ts";
import { behave } from "../../support/supervisor/sidecar-behaviour.ts";

describe("Bad input and faults", () => {
  let home: TestHome;
  beforeEach(async () => {
    home = await TestHome.create();
  });
  afterEach(async () => {
    await home.remove();
  });

  const stateFile = (): string => statePaths(home.stateRoot).stateFile;
  const gatewayOff = { gateway: false, browserd: false };

  it("a torn state file is set aside, the last good copy is used, and a warning says so", async () => {
    const first = await home.open();
    await serviceIn(first, "gateway", "running");
    await first.stop();
    await first.start("gateway");
    await first.stop();
    await first.dispose();
    await writeFile(stateFile(), '{"schema_version": 8, "desi');
    const second = await home.open();
    const warning = second.snapshot.warnings.find(({ id }) => id === "control-center:state_unreadable");
    assert.match(warning?.message ?? "", /could not be read .* set aside as .*last good copy/);
    const aside = (await readdir(home.stateRoot)).find((name) => name.startsWith("state.json.unreadable-"));
    assert.equal(
      await readFile(path.join(home.stateRoot, aside ?? ""), "utf8"),
      '{"schema_version": 8, "desi',
    );
    JSON.parse(await readFile(stateFile(), "utf8"));
    await second.stop();
  });

  it("a state file of a newer version is only read", async () => {
    const newer = JSON.stringify({
      schema_version: 99,
      desired_running: gatewayOff,
      secrets_home: "file",
      future: 1,
    });
    await writeFile(stateFile(), newer);
    const center = await home.open();
    assert.equal(viewOf(center.snapshot, "gateway").desired_running, false);
    await center.start("gateway");
    assert.equal(await readFile(stateFile(), "utf8"), newer);
    assert.ok(center.snapshot.warnings.some(({ id }) => id === "control-center:state_newer"));
  });

  it("unknown keys of the state file are kept", async () => {
    await writeFile(
      stateFile(),
      JSON.stringify({
        schema_version: 8,
        desired_running: gatewayOff,
        secrets_home: "file",
        companion: { a: [1] },
      }),
    );
    const center = await home.open();
    await center.start("gateway");
    const written = JSON.parse(await readFile(stateFile(), "utf8"));
    assert.deepEqual(written.companion, { a: [1] });
    assert.deepEqual(written.desired_running, { gateway: true, browserd: false });
  });

  it("a pinned port that is taken is named and not tried again; a preferred one gives way", async () => {
    const taken = net.createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const address = taken.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    try {
      const settings = { ...testOptions(home.stateRoot).settings, ports: { gateway: port, browserd: null } };
      const center = await home.open({ settings });
      const view = await serviceIn(center, "gateway", "failed");
      assert.equal(view.problem?.code, "port_in_use");
      assert.match(view.problem?.message ?? "", new RegExp(String(port)));
      assert.equal((await home.starts("gateway")).length, 1);
    } finally {
      taken.close();
    }
  });

  it("a program that answers in the place of a sidecar is not trusted", async () => {
    const first = await home.open();
    await serviceIn(first, "gateway", "running");
    await first.stop();
    await first.dispose();
    // The record names another instance id than the one that the responder was started with.
    const other = await TestHome.create();
    try {
      const impostor = await other.open();
      await serviceIn(impostor, "gateway", "running");
      const real = RunRecord.parse(
        JSON.parse(await readFile(runRecordFile(statePaths(other.stateRoot), "gateway"), "utf8")),
      );
      const file = runRecordFile(statePaths(home.stateRoot), "gateway");
      const record = RunRecord.parse(JSON.parse(await readFile(file, "utf8")));
      await writeFile(file, JSON.stringify({ ...record, endpoint: real.endpoint }));
      const center = await home.open({ desired: { gateway: true, browserd: false } });
      const view = await serviceIn(center, "gateway", "failed");
      assert.equal(view.problem?.code, "untrusted_responder");
      assert.equal(viewOf(impostor.snapshot, "gateway").state, "running");
    } finally {
      await other.remove();
    }
  });

  it("a damaged run record is as good as none", async () => {
    const first = await home.open();
    await serviceIn(first, "gateway", "running");
    await first.stop();
    await first.dispose();
    await writeFile(runRecordFile(statePaths(home.stateRoot), "gateway"), "{");
    const center = await home.open({ desired: { gateway: true, browserd: false } });
    await serviceIn(center, "gateway", "running");
  });

  it("a run record that names a file of the user, or a socket elsewhere, leaves both untouched", async () => {
    const first = await home.open();
    await serviceIn(first, "gateway", "running");
    await first.stop();
    await first.dispose();
    const { runDir, gatewayConfig } = statePaths(home.stateRoot);
    const file = runRecordFile(statePaths(home.stateRoot), "gateway");
    const record = RunRecord.parse(JSON.parse(await readFile(file, "utf8")));
    const beside = path.join(runDir, "notes.txt");
    for (const precious of [gatewayConfig, beside]) {
      await writeFile(precious, "# precious\n");
      await writeFile(file, JSON.stringify({ ...record, endpoint: precious }));
      const center = await home.open({ desired: { gateway: true, browserd: false } });
      await serviceIn(center, "gateway", "running");
      assert.equal(await readFile(precious, "utf8"), "# precious\n");
      await center.stop();
      await center.dispose();
    }
  });

  it("a caller of the owner's socket that sends too much is cut off and named in the log; the others go on", async () => {
    const warnings: string[] = [];
    const { logger } = testOptions(home.stateRoot);
    const center = await home.open({ logger: { ...logger, warn: (text) => warnings.push(text) } });
    const observer = await home.open();
    const [endpoint = ""] = await ownerEndpoints(statePaths(home.stateRoot));
    const flood = async (bytes: string): Promise<void> => {
      const peer = net.connect(endpoint);
      peer.on("error", () => undefined);
      peer.write(bytes);
      await once(peer.resume(), "close");
    };
    await flood(`Content-Length: ${50_000_000}\r\n\r\n`);
    await flood("x".repeat(10_000));
    const command = JSON.stringify({
      jsonrpc: "2.0",
      id: 0,
      method: "owner/command",
      params: { kind: "restart" },
    });
    const many = Array.from({ length: 200 }, (_, id) => command.replace('"id":0', `"id":${id}`));
    await flood(many.map((body) => `Content-Length: ${body.length}\r\n\r\n${body}`).join(""));
    assert.match(warnings.join("\n"), /larger than 2097152 bytes[\s\S]*header[\s\S]*more than 100 requests/);
    await observer.start("gateway");
    assert.equal(viewOf(center.snapshot, "gateway").state, "running");
  });

  it("a sidecar that is not well is shown as degraded with its own reason", async () => {
    const problem = {
      code: "browser_missing",
      message: "No browser was found.",
      next_step: "Install one.",
    } as const;
    await behave(home.stateRoot, { gateway: { problem } });
    const center = await home.open();
    const view = await serviceIn(center, "gateway", "degraded");
    assert.deepEqual(view.problem, problem);
  });

  it("a state root that is not an absolute path is refused", async () => {
    const options = testOptions("relative/path");
    await assert.rejects(home.open({ stateRoot: options.stateRoot }), { code: "config_invalid" });
    assert.equal(defaultSettings.lingerSeconds, 30);
  });
});
