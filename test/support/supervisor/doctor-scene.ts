import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { CheckResult, DoctorReport } from "../../../src/contracts/doctor.ts";
import { type StatePaths, statePaths } from "../../../src/platform/state-paths.ts";
import { allChecks } from "../../../src/supervisor/doctor/all-checks.ts";
import type { Check, DoctorHost } from "../../../src/supervisor/doctor/check.ts";
import { examine, repairAndExamine } from "../../../src/supervisor/doctor/run-doctor.ts";
import { thisMachine } from "../../../src/supervisor/doctor/this-machine.ts";
import { EncryptedFileSecretStore } from "../../../src/supervisor/encrypted-file-secret-store.ts";

const root = path.resolve(import.meta.dirname, "../../..");

/** A state root of its own, and a doctor that looks at it with the product's own programs from `dist/`. */
export class DoctorScene {
  readonly paths: StatePaths;
  readonly secrets: EncryptedFileSecretStore;

  private constructor(stateRoot: string) {
    this.paths = statePaths(stateRoot);
    this.secrets = new EncryptedFileSecretStore(this.paths.secretsDir);
  }

  static async create(): Promise<DoctorScene> {
    return new DoctorScene(await mkdtemp(path.join(os.tmpdir(), "palyra-doctor-")));
  }

  host(overrides: Partial<DoctorHost> = {}): DoctorHost {
    return {
      ...thisMachine,
      stateRoot: this.paths.root,
      hostName: "test",
      version: "0.1.0",
      execPath: process.execPath,
      sidecarBundles: {
        gateway: path.join(root, "dist/palyrad.mjs"),
        browserd: path.join(root, "dist/palyra-browserd.mjs"),
      },
      editorVersion: null,
      secrets: this.secrets,
      ports: { gateway: null, browserd: null },
      // Something that can be executed: the doctor does not start it.
      browserPath: process.execPath,
      ...overrides,
    };
  }

  /** What one check says, without any repair. */
  async finds(id: string, overrides: Partial<DoctorHost> = {}): Promise<CheckResult> {
    return resultOf((await examine(this.host(overrides), checksOf(id))).results, id);
  }

  /** Makes the repairs that are offered: of one check, or of all. */
  async fix(id?: string): Promise<DoctorReport> {
    const host = this.host();
    const checks = checksOf(id);
    const examination = await examine(host, checks);
    return await repairAndExamine(host, checks, examination, [...examination.repairs.keys()]);
  }

  async remove(): Promise<void> {
    await rm(this.paths.root, { recursive: true, force: true });
  }
}

function checksOf(id: string | undefined): readonly Check[] {
  return allChecks.filter((check) => id === undefined || check.id === id);
}

export function resultOf(results: readonly CheckResult[], id: string): CheckResult {
  const result = results.find((candidate) => candidate.id === id);
  if (result === undefined) throw new Error(`there is no check ${id}`);
  return result;
}
