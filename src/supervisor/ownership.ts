import type { OwnerHelloRequest } from "../contracts/owner-link.ts";
import { PalyraError, systemErrorCode } from "../platform/errors.ts";
import { identify, isSameProcess } from "../platform/process-identity.ts";
import type { StatePaths } from "../platform/state-paths.ts";
import { delay } from "./delay.ts";
import { OwnerClient, type OwnerClientEvents } from "./owner-client.ts";
import { type Lease, LeaseFolder, type LeaseHolder } from "./owner-lease.ts";
import { OwnerServer, ownerEndpoints } from "./owner-server.ts";
import { removeStaleEndpoint } from "./run-record.ts";

/** How often an owner that lives but does not answer is tried again, in milliseconds. */
const retryMs = 100;

/** This process owns the state root; observers connect to `server`. */
export interface Ownership {
  readonly kind: "owner";
  readonly server: OwnerServer;
  /** Ends it; the next owner can take over at once. */
  release(): Promise<void>;
}

/** Another process owns it. */
export interface Observation {
  readonly kind: "observer";
  readonly client: OwnerClient;
}

export interface Contender {
  readonly paths: StatePaths;
  readonly client: OwnerHelloRequest["client"];
  readonly events: OwnerClientEvents;
  now(): number;
  /** Told while there is an owner that cannot be talked to. */
  waiting(problem: PalyraError): void;
  /** Whether to give up. */
  ended(): boolean;
}

/**
 * Finds out who owns the state root: connects to the owner, or becomes it when there is none. An owner is
 * gone only when its socket does not answer and its process, by pid and start time, does not live.
 * @returns null when the contender ended first
 */
export async function contend(contender: Contender): Promise<Ownership | Observation | null> {
  const folder = new LeaseFolder(contender.paths.runDir);
  while (!contender.ended()) {
    const lease = await folder.current();
    const found = await askHolder(lease, contender);
    if (found === "gone") {
      const ownership = await takeLease(folder, lease, contender);
      if (ownership !== null) return ownership;
    } else if (found !== "silent") return found;
    else await delay(retryMs);
  }
  return null;
}

/** Connects to the owner without ever becoming it; null when there is none that answers. */
export async function findOwner(contender: Contender): Promise<OwnerClient | null> {
  const found = await askHolder(await new LeaseFolder(contender.paths.runDir).current(), contender);
  return typeof found === "string" ? null : found.client;
}

async function askHolder(
  lease: Lease | null,
  contender: Contender,
): Promise<Observation | "gone" | "silent"> {
  if (lease === null || lease.holder?.released) return "gone";
  const { holder } = lease;
  if (holder === null) return await askUnnamed(contender);
  try {
    const client = await OwnerClient.connect(holder.endpoint, contender.client, contender.events);
    return { kind: "observer", client };
  } catch (thrown) {
    if (!(await isSameProcess({ pid: holder.pid, start: holder.process_start }))) return "gone";
    // Of ourselves we know it: an owner listens before it has the lease, so we gave it up and could not note it.
    if (holder.pid === process.pid && isRefusal(thrown)) return "gone";
    contender.waiting(silentOwner(holder, thrown));
    return "silent";
  }
}

/** A lease that cannot be read names nobody, yet its holder may live: then one of the owner sockets answers. */
async function askUnnamed(contender: Contender): Promise<Observation | "gone" | "silent"> {
  let found: "gone" | "silent" = "gone";
  for (const endpoint of await ownerEndpoints(contender.paths)) {
    try {
      const client = await OwnerClient.connect(endpoint, contender.client, contender.events);
      return { kind: "observer", client };
    } catch (thrown) {
      if (isRefusal(thrown)) continue;
      const message = "Another window or terminal owns Palyra but does not answer.";
      contender.waiting(new PalyraError("already_owned", message, { cause: thrown }));
      found = "silent";
    }
  }
  return found;
}

/** Whether nobody listens at all. */
function isRefusal(thrown: unknown): boolean {
  const code = systemErrorCode(thrown);
  return code === "ENOENT" || code === "ECONNREFUSED";
}

function silentOwner(holder: LeaseHolder, thrown: unknown): PalyraError {
  if (thrown instanceof PalyraError && thrown.code === "version_skew") return thrown;
  const silent = thrown instanceof PalyraError || systemErrorCode(thrown) === "ETIMEDOUT";
  const how = silent ? "does not answer" : "cannot be reached";
  return new PalyraError(
    "already_owned",
    `The ${holder.name} (process ${holder.pid}) owns Palyra but ${how}.`,
    {
      nextStep: `Wait a moment, or close the ${holder.name}.`,
      cause: thrown,
    },
  );
}

async function takeLease(
  folder: LeaseFolder,
  lease: Lease | null,
  { paths, client, now }: Contender,
): Promise<Ownership | null> {
  const self = await identify(process.pid);
  if (self === null) throw new PalyraError("internal_error", "The start time of this process is unknown.");
  // It answers before the lease says so: whoever reads the lease can connect.
  const server = await OwnerServer.listen(paths);
  const holder: LeaseHolder = {
    name: client.name,
    pid: self.pid,
    process_start: self.start,
    endpoint: server.endpoint,
    acquired_at_unix_ms: now(),
    released: false,
  };
  const generation = (lease?.generation ?? 0) + 1;
  let taken = false;
  try {
    taken = await folder.take(generation, holder);
  } finally {
    if (!taken) await server.close();
  }
  if (!taken) return null;
  if (lease?.holder) await removeStaleEndpoint(paths, lease.holder.endpoint);
  return {
    kind: "owner",
    server,
    release: async () => {
      try {
        await folder.release(generation, holder);
      } finally {
        await server.close();
      }
    },
  };
}
