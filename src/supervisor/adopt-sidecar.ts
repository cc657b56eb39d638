import type { HelloResponse, RunRecord } from "../contracts/control-link.ts";
import { PalyraError, systemErrorCode } from "../platform/errors.ts";
import { killTree, terminate } from "../platform/kill-tree.ts";
import { identify, isSameProcess, type ProcessIdentity } from "../platform/process-identity.ts";
import type { ControlLink } from "./control-link.ts";
import { delay } from "./delay.ts";
import { recordedIdentity } from "./run-record.ts";

/** How long a living sidecar that cannot be reached yet may take to listen, in milliseconds. */
const bootWaitMs = 10_000;
/** How long a sidecar of another protocol may take to end when it is asked to, in milliseconds. */
const replaceWaitMs = 7_000;
const pollMs = 50;
/** So many unanswered hellos of a living sidecar are a hang. */
const strikeLimit = 3;

export interface AdoptedSidecar {
  readonly link: ControlLink;
  readonly hello: HelloResponse;
  readonly identity: ProcessIdentity;
}

export interface AdoptionTools {
  /** Connects to the recorded endpoint and says hello as controller. */
  open(record: RunRecord): Promise<{ link: ControlLink; hello: HelloResponse }>;
  /** Told when the recorded process is proven to live, before it can be talked to. */
  found(identity: ProcessIdentity): void;
  /** Removes the socket that a dead sidecar left behind. */
  removeEndpoint(): Promise<void>;
  now(): number;
  /** Whether nobody waits for the sidecar any more. */
  ended(): boolean;
}

/**
 * Takes over the sidecar that a run record names. One that lives but hangs is ended by force, one of a
 * protocol we do not speak is ended politely; both only after pid and start time proved that it is ours.
 * @returns null when there is nothing to adopt, and then no process of the record lives; also when it ended
 * @throws `untrusted_responder` when a program that is not ours answers on the endpoint
 */
export async function adoptSidecar(record: RunRecord, tools: AdoptionTools): Promise<AdoptedSidecar | null> {
  const identity = recordedIdentity(record);
  if (identity !== null && (await isSameProcess(identity))) tools.found(identity);
  const giveUpAt = tools.now() + bootWaitMs;
  let strikes = 0;
  let seenDead = false;
  for (;;) {
    try {
      const { link, hello } = await tools.open(record);
      const proven = await responderOf(hello, identity);
      if (proven !== null) return { link, hello, identity: proven };
      link.close();
    } catch (thrown) {
      if (tools.ended()) return null;
      const alive = identity !== null && (await isSameProcess(identity));
      switch (reasonOf(thrown)) {
        case "nobody":
          if (!alive && !mayBeStarting(record, tools.now())) return await nothingLeft(tools);
          break;
        case "silent":
          strikes += 1;
          // A process that dies just now accepts and then closes. Once it is dead, its socket is closed
          // too: who accepts after that is somebody else.
          if (seenDead) throw untrusted(record, thrown);
          seenDead = identity !== null && !alive;
          if (alive && strikes >= strikeLimit) {
            await endByForce(identity);
            return await nothingLeft(tools);
          }
          break;
        case "other_protocol":
          if (!alive) throw thrown;
          await terminate(identity);
          if (!(await waitGone(identity, replaceWaitMs))) await endByForce(identity);
          return await nothingLeft(tools);
        case "fault":
          throw thrown;
      }
      if (tools.now() >= giveUpAt) {
        if (alive) await endByForce(identity);
        return await nothingLeft(tools);
      }
    }
    await delay(pollMs);
  }
}

/** Who proved itself says which process it is: the record may name another one, from a backup or an older version. */
async function responderOf(
  { pid }: HelloResponse,
  recorded: ProcessIdentity | null,
): Promise<ProcessIdentity | null> {
  if (recorded?.pid === pid && (await isSameProcess(recorded))) return recorded;
  return await identify(pid);
}

/** Waits until a process is gone. @returns false when it still lives after `timeoutMs` */
export async function waitGone(identity: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const until = Date.now() + timeoutMs;
  while (await isSameProcess(identity)) {
    if (Date.now() >= until) return false;
    await delay(pollMs);
  }
  return true;
}

function reasonOf(thrown: unknown): "nobody" | "silent" | "other_protocol" | "fault" {
  const code = systemErrorCode(thrown);
  if (code === "ENOENT" || code === "ECONNREFUSED") return "nobody";
  if (code === "ETIMEDOUT") return "silent";
  if (!(thrown instanceof PalyraError)) return "fault";
  if (thrown.code === "service_unavailable") return "silent";
  return thrown.code === "version_skew" ? "other_protocol" : "fault";
}

/** Whether the spawner may have died between the spawn and the completion of the record. */
function mayBeStarting(record: RunRecord, now: number): boolean {
  return record.pid === null && now - record.spawned_at_unix_ms < bootWaitMs;
}

async function nothingLeft(tools: AdoptionTools): Promise<null> {
  await tools.removeEndpoint();
  return null;
}

async function endByForce(identity: ProcessIdentity): Promise<void> {
  await killTree(identity);
  if (await waitGone(identity, replaceWaitMs)) return;
  throw new PalyraError("service_unavailable", `Process ${identity.pid} hangs and cannot be ended.`, {
    nextStep: `End process ${identity.pid} yourself, then start again.`,
  });
}

function untrusted(record: RunRecord, cause: unknown): PalyraError {
  return new PalyraError("untrusted_responder", `Another program answers on ${record.endpoint}.`, { cause });
}
