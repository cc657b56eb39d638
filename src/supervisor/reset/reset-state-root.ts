import { rename } from "node:fs/promises";
import type { ServiceKind } from "../../contracts/services.ts";
import type { ServiceView } from "../../contracts/snapshot.ts";
import { PalyraError, systemErrorCode } from "../../platform/errors.ts";
import { statePaths } from "../../platform/state-paths.ts";
import { StateRootInspector } from "../inspect-state-root.ts";

export const resettable = ["state", "store"] as const;
/** What can be put back to its beginning by setting it aside. */
export type Resettable = (typeof resettable)[number];

/** What each reset does, for the question before it. */
export const resetSentences: Readonly<Record<Resettable, string>> = {
  state: "The control center forgets which services should run, and starts with its defaults.",
  store:
    "The gateway starts with an empty message store: queued messages are not sent, and pairings and approvals are gone.",
};

/**
 * Puts a part of a state root back to its beginning. What was there is kept beside it under a new name.
 * @returns the new names; empty when there was nothing
 * @throws `conflict` while services run or a window owns the state root; `storage_failed`
 */
export async function resetPart(
  part: Resettable,
  stateRoot: string,
  client: ConstructorParameters<typeof StateRootInspector>[1],
  now: number,
): Promise<readonly string[]> {
  await requireNothingRuns(stateRoot, client, part);
  const paths = statePaths(stateRoot);
  const stamp = new Date(now).toISOString().replaceAll(/[:.]/g, "-");
  const places = part === "state" ? [paths.stateFile, `${paths.stateFile}.bak`] : [paths.storeDir];
  const kept: string[] = [];
  for (const place of places) {
    const aside = `${place}.reset-${stamp}`;
    try {
      await rename(place, aside);
      kept.push(aside);
    } catch (cause) {
      if (systemErrorCode(cause) === "ENOENT") continue;
      throw new PalyraError("storage_failed", `${place} cannot be set aside.`, { cause });
    }
  }
  return kept;
}

/**
 * The services to start again after a reset for which all were stopped: those that were wanted before. A state that
 * was reset says by itself what is to run.
 * @param before as it was before they were stopped
 */
export function startedAfterReset(
  part: Resettable,
  isDone: boolean,
  before: readonly ServiceView[],
): readonly ServiceKind[] {
  if (part === "state" && isDone) return [];
  return before.filter((view) => view.desired_running).map(({ service }) => service);
}

async function requireNothingRuns(
  stateRoot: string,
  client: ConstructorParameters<typeof StateRootInspector>[1],
  part: Resettable,
): Promise<void> {
  const inspector = new StateRootInspector(stateRoot, client);
  const { snapshot, source } = await inspector.inspect();
  // One that is on its way has no process to show yet, and would open the store while it is moved away.
  const running = snapshot.services.filter(
    ({ pid, state }) => pid !== null || (state !== "stopped" && state !== "failed"),
  );
  if (running.length > 0) {
    const names = running.map((view) => view.display_name).join(" and ");
    throw new PalyraError("conflict", `${names} must not run while this is reset.`, {
      nextStep: "Stop the services with “palyra stop” or “Palyra: Stop”, then try again.",
    });
  }
  if (source === "owner" && part === "state") {
    throw new PalyraError("conflict", "A window or terminal still owns this state folder.", {
      nextStep: "Close it, or use “Palyra: Reset” in VS Code.",
    });
  }
}
