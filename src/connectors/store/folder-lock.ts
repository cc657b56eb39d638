import { createHash, randomBytes } from "node:crypto";
import { readdir, realpath, unlink } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { messageOf, PalyraError, systemErrorCode } from "../../platform/errors.ts";
import { ensurePrivateFolder } from "../../platform/secure-folder.ts";

/** Holds a folder for one process. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Shortest limit of the supported systems for the path of a Unix socket, in bytes. */
const longestSocketPath = 103;
const answerTimeoutMs = 500;
/** Two starters can see each other and both give way; a few tries at different times part them. */
const attempts = 3;

/**
 * Takes a folder for this process. The hold is a listening local socket, which the system ends together
 * with the process: after a crash nothing has to be guessed from ages or process ids.
 *
 * On Unix every contender first listens on a socket of its own in the folder and then looks for others that
 * answer. Of two contenders at least the later one sees the other, so there are never two holders; and the
 * names of dead sockets are never used again, so removing them cannot hit a living one.
 * @throws `store_locked` when another process (or this one) holds the folder
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const real = await realpath(folder);
  if (process.platform === "win32") return lockWithPipe(real);
  const place = await socketPlace(real);
  for (let attempt = 1; ; attempt += 1) {
    const name = socketName(place, randomBytes(4).toString("hex"));
    const lock = await listen(path.join(place.folder, name));
    try {
      const holder = await findHolder(place, name);
      if (holder === null) return lock;
      if (attempt === attempts) throw lockedError(folder, holder);
    } catch (error) {
      await lock.release();
      throw error;
    }
    await lock.release();
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80 * attempt));
  }
}

async function lockWithPipe(real: string): Promise<FolderLock> {
  // Windows ends a pipe with its process and lets only one process create the name.
  const pipe = `\\\\.\\pipe\\palyra-store-${digest(real.toLowerCase())}`;
  try {
    return await listen(pipe);
  } catch (error) {
    if (systemErrorCode(error) === "EADDRINUSE") throw lockedError(real, (await ask(pipe)) ?? "unknown");
    throw error;
  }
}

interface SocketPlace {
  readonly folder: string;
  /** Begins the names of all sockets that contend for the same store. */
  readonly prefix: string;
}

const socketName = ({ prefix }: SocketPlace, unique: string): string => `${prefix}${unique}.sock`;

/** The folder itself, or when its path is too long for sockets, one private folder with a short path. */
async function socketPlace(real: string): Promise<SocketPlace> {
  const inside = { folder: real, prefix: "lock-" };
  if (Buffer.byteLength(path.join(real, socketName(inside, "00000000"))) <= longestSocketPath) return inside;
  const folder = `/tmp/palyra-${process.getuid?.() ?? 0}`;
  await ensurePrivateFolder(folder);
  return { folder, prefix: `lock-${digest(real)}-` };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}

function listen(address: string): Promise<FolderLock> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((connection) => {
      // Who asks may be gone before the answer; that is its own affair.
      connection.on("error", () => connection.destroy());
      connection.end(String(process.pid));
    });
    server.once("error", reject);
    server.listen(address, () => {
      server.unref();
      resolve({ release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

/** Process id of another holder, null when there is none. Removes sockets that nobody listens on. */
async function findHolder(place: SocketPlace, own: string): Promise<string | null> {
  const names = await readdir(place.folder);
  const others = names.filter(
    (name) => name !== own && name.startsWith(place.prefix) && name.endsWith(".sock"),
  );
  for (const name of others) {
    const address = path.join(place.folder, name);
    const holder = await ask(address);
    if (holder !== null) return holder;
    try {
      await unlink(address);
    } catch (error) {
      if (systemErrorCode(error) !== "ENOENT") throw error;
    }
  }
  return null;
}

/** What the listener at an address says of itself; null when nobody listens there. */
function ask(address: string): Promise<string | null> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const connection = net.connect(address);
    connection.setEncoding("utf8");
    // A stopped process accepts connections and says nothing: it is a holder all the same.
    connection.setTimeout(answerTimeoutMs, () => {
      connection.destroy();
      resolve("unknown");
    });
    connection.on("data", (text: string) => {
      answer += text;
    });
    connection.on("end", () => {
      connection.destroy();
      resolve(answer || "unknown");
    });
    connection.on("error", (error) => {
      const code = systemErrorCode(error);
      if (code === "ECONNREFUSED" || code === "ENOENT") resolve(null);
      else if (code === "ECONNRESET" || code === "EPIPE") resolve("unknown");
      else reject(new Error(`The lock ${address} cannot be examined: ${messageOf(error)}`, { cause: error }));
    });
  });
}

function lockedError(folder: string, holder: string): PalyraError {
  return new PalyraError("store_locked", `Another gateway (process ${holder}) uses the store in ${folder}.`);
}
