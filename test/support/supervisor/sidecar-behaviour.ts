import { writeFile } from "node:fs/promises";
import path from "node:path";
import type { ErrorDetails } from "../../../src/contracts/errors.ts";
import type { ServiceKind } from "../../../src/contracts/services.ts";

/** How a test sidecar misbehaves; read at its start, and again when it is asked for its status. */
export interface SidecarBehaviour {
  /** Exits with this code at once. */
  readonly exitAtStart?: number;
  /** Written to standard error before that. */
  readonly lastWords?: string;
  /** Starts but never listens. */
  readonly neverReady?: boolean;
  /** Never finishes its drain. */
  readonly ignoreStop?: boolean;
  /** Has work in hand that must not be interrupted. */
  readonly busy?: boolean;
  /** Reports itself as degraded. */
  readonly problem?: ErrorDetails;
}

/** Tells the test sidecars of a state root how to behave from now on. */
export async function behave(
  stateRoot: string,
  behaviour: Partial<Record<ServiceKind, SidecarBehaviour>>,
): Promise<void> {
  await writeFile(path.join(stateRoot, "sidecar-behaviour.json"), JSON.stringify(behaviour));
}
