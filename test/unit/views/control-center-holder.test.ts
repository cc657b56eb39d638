import assert from "node:assert/strict";
import type { LogLine } from "../../../src/contracts/services.ts";
import type { ControlCenterSnapshot } from "../../../src/contracts/snapshot.ts";
import { PalyraError } from "../../../src/platform/errors.ts";
import { ControlCenterHolder } from "../../../src/views/control-center-holder.ts";
import type { ControlCenterPort } from "../../../src/views/control-center-port.ts";
import { ViewStateSource } from "../../../src/views/view-state-source.ts";
import { snapshot } from "./sample-snapshot.ts";

class FakeCenter implements ControlCenterPort {
  snapshot = snapshot();
  disposed = false;
  readonly snapshots = new Set<(snapshot: ControlCenterSnapshot) => void>();
  readonly logLines = new Set<(line: LogLine) => void>();

  onSnapshot(listener: (snapshot: ControlCenterSnapshot) => void) {
    this.snapshots.add(listener);
    return { dispose: () => void this.snapshots.delete(listener) };
  }

  onLog(listener: (line: LogLine) => void) {
    this.logLines.add(listener);
    return { dispose: () => void this.logLines.delete(listener) };
  }

  lookers = 0;
  watchUsage() {
    this.lookers += 1;
    const dispose = (): void => {
      this.lookers -= 1;
    };
    return { dispose };
  }

  start = async (): Promise<void> => undefined;
  stop = async (): Promise<void> => undefined;
  restart = async (): Promise<void> => undefined;
  retry = async (): Promise<void> => undefined;
  rotateTokens = async (): Promise<void> => undefined;
  setSecret = async (): Promise<void> => undefined;
  deleteSecret = async (): Promise<void> => undefined;
  decideApproval = async (): Promise<void> => undefined;
  callGateway = async (): Promise<unknown> => ({});
  logs = async (): Promise<readonly LogLine[]> => [];

  async dispose(): Promise<void> {
    this.disposed = true;
  }
}

function holding(open: () => Promise<ControlCenterPort>, trust = { is: true }) {
  const source = new ViewStateSource();
  const lines: LogLine[] = [];
  const holder = new ControlCenterHolder({
    source,
    open,
    isTrusted: () => trust.is,
    onLog: (line) => lines.push(line),
  });
  return { source, holder, lines };
}

describe("The control center of a window", () => {
  it("is shown as soon as it is open, and with each of its snapshots", async () => {
    const center = new FakeCenter();
    const { source, holder } = holding(async () => center);
    await holder.reopen();
    assert.equal(source.state.center.kind, "open");
    for (const listener of center.snapshots) listener(snapshot({ revision: 9 }));
    assert.equal(source.state.center.kind === "open" && source.state.center.snapshot.revision, 9);
  });

  it("that cannot be opened becomes a state with its reason; a later try can succeed", async () => {
    let tries = 0;
    const { source, holder } = holding(async () => {
      tries += 1;
      if (tries === 1) throw new PalyraError("state_newer", "The state file is newer.");
      return new FakeCenter();
    });
    await holder.reopen();
    assert.equal(source.state.center.kind === "failed" && source.state.center.problem.code, "state_newer");
    await assert.rejects(holder.current(), { code: "state_newer" });
    await holder.reopen();
    assert.equal(source.state.center.kind, "open");
  });

  it("is not opened in an untrusted workspace; commands are refused with the reason until trust is given", async () => {
    const trust = { is: false };
    let opened = 0;
    const { source, holder } = holding(async () => {
      opened += 1;
      return new FakeCenter();
    }, trust);
    await holder.reopen();
    assert.equal(source.state.center.kind, "untrusted");
    await assert.rejects(holder.current(), { code: "workspace_untrusted" });
    assert.equal(opened, 0);
    trust.is = true;
    await holder.reopen();
    assert.equal(source.state.center.kind, "open");
  });

  it("makes a command wait that comes while it is opening", async () => {
    const center = new FakeCenter();
    const { holder } = holding(async () => center);
    void holder.reopen();
    assert.equal(await holder.current(), center);
  });

  it("is let go before the next one is opened, and no word of the old one counts any more", async () => {
    const centers: FakeCenter[] = [];
    const { source, holder } = holding(async () => {
      assert.ok(centers.every((center) => center.disposed));
      const center = new FakeCenter();
      centers.push(center);
      return center;
    });
    await holder.reopen();
    await holder.reopen();
    for (const listener of centers[0]?.snapshots ?? []) listener(snapshot({ revision: 77 }));
    assert.equal(source.state.center.kind === "open" && source.state.center.snapshot.revision, 1);
  });

  it("is closed while its folder is worked on, and open again afterwards, also when that failed", async () => {
    const centers: FakeCenter[] = [];
    const { holder } = holding(async () => {
      const center = new FakeCenter();
      centers.push(center);
      return center;
    });
    await holder.reopen();
    assert.equal(await holder.whileClosed(async () => centers[0]?.disposed), true);
    assert.equal(await holder.current(), centers[1]);
    const failing = holder.whileClosed(async () => {
      throw new PalyraError("conflict", "It is in use.");
    });
    await assert.rejects(failing, { code: "conflict" });
    assert.equal(await holder.current(), centers[2]);
  });

  it("is let go when the window closes, and is not opened again after that", async () => {
    const center = new FakeCenter();
    let opened = 0;
    const { holder } = holding(async () => {
      opened += 1;
      return center;
    });
    await holder.reopen();
    await holder.dispose();
    await holder.reopen();
    assert.equal(center.disposed, true);
    assert.equal(opened, 1);
    await assert.rejects(holder.current(), { code: "not_running" });
  });

  it("measures the processes while their figures are seen, also after a reopening, and not else", async () => {
    const centers: FakeCenter[] = [];
    const { holder } = holding(async () => {
      centers.push(new FakeCenter());
      return centers.at(-1) ?? new FakeCenter();
    });
    await holder.reopen();
    assert.equal(centers[0]?.lookers, 0);
    holder.showUsage(true);
    holder.showUsage(true);
    assert.equal(centers[0]?.lookers, 1);
    await holder.reopen();
    assert.deepEqual(
      centers.map(({ lookers }) => lookers),
      [0, 1],
    );
    holder.showUsage(false);
    assert.equal(centers[1]?.lookers, 0);
  });

  it("passes its log lines on", async () => {
    const center = new FakeCenter();
    const { holder, lines } = holding(async () => center);
    await holder.reopen();
    const line: LogLine = { unix_ms: 1, service: "gateway", stream: "stdout", level: "info", line: "up" };
    for (const listener of center.logLines) listener(line);
    assert.deepEqual(lines, [line]);
  });
});
