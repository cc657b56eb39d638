import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { preferredPorts } from "../../../../src/contracts/service-kinds.ts";
import { statePaths } from "../../../../src/platform/state-paths.ts";
import type { DoctorContext } from "../../../../src/supervisor/doctor/check.ts";
import { portsCheck } from "../../../../src/supervisor/doctor/checks/ports.ts";
import { service, snapshot } from "../../views/sample-snapshot.ts";

const other = preferredPorts.gateway + 1_000;

describe("The doctor's look at the ports", () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), "palyra-ports-"));
  });
  afterEach(() => rm(root, { recursive: true }));

  const look = async (gatewayPort: number, pinned: number | null = null) => {
    const ports = (port: number) => [{ name: "http", port }];
    const services = [
      service({ ports: ports(gatewayPort) }),
      service({ service: "browserd", ports: ports(preferredPorts.browserd + 1_000) }),
    ];
    return await portsCheck.run({
      host: { ports: { gateway: pinned, browserd: null } },
      paths: statePaths(root),
      inspection: async () => ({ snapshot: snapshot({ services }), source: "owner" }),
    } as unknown as DoctorContext);
  };

  it("minds a gateway on another port than usual only when there are webhooks", async () => {
    assert.equal((await look(other)).status, "ok");
    await writeFile(statePaths(root).webhooksConfig, "");
    const { status, evidence, nextStep } = await look(other);
    assert.equal(status, "warning");
    assert.match(evidence, new RegExp(`port ${other}, because ${preferredPorts.gateway} was taken`));
    assert.match(nextStep ?? "", /Free the port/);
  });

  it("is content with webhooks at the usual port, and at the one that was chosen", async () => {
    await writeFile(statePaths(root).webhooksConfig, "");
    assert.equal((await look(preferredPorts.gateway)).status, "ok");
    assert.equal((await look(other, other)).status, "ok");
  });
});
