import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import * as z from "zod";
import { SecretRef } from "../contracts/control-link.ts";
import { messageOf, PalyraError, systemErrorCode } from "../platform/errors.ts";
import { readRegularBytes, readRegularFile } from "../platform/read-regular-file.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { writePrivateFile } from "../platform/write-private-file.ts";
import { type SecretStore, secretSizeLimit } from "./secret-store.ts";
import { unusedName } from "./set-aside.ts";

const formatVersion = 1;
const keyBytes = 32;
const suffix = ".secret";
const keyFileName = "key";

/** One secret as it is stored; AES-256-GCM, binary values in base64url. */
const SealedSecret = z.object({
  version: z.literal(formatVersion),
  iv: z.base64url(),
  tag: z.base64url(),
  ciphertext: z.base64url(),
});

/**
 * Secrets of a state root without an editor: one file each, sealed with AES-256-GCM under a key that lies
 * beside them, both readable by the owner only. The seal binds the name and the format's version, so that
 * files cannot be exchanged. It keeps secrets out of backups of single files, searches and careless
 * eyes; who can read the whole folder as this user can read the secrets, as with any key kept on disk.
 */
export class EncryptedFileSecretStore implements SecretStore {
  readonly home = "file";
  readonly #folder: string;

  /** @param folder absolute path; made with mode 0700 at the first write */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * @throws `state_unreadable` when the key is good and the secret cannot be unsealed; its file is then set
   * aside. `secret_store_unavailable` when a file cannot be read; nothing is touched then
   */
  async get(name: string): Promise<string | undefined> {
    try {
      return await this.peek(name);
    } catch (thrown) {
      if (!(thrown instanceof PalyraError && thrown.code === "state_unreadable")) throw thrown;
      const file = this.#file(name);
      const aside = await unusedName(file);
      await rename(file, aside);
      throw new PalyraError(
        "state_unreadable",
        `${thrown.message.slice(0, -1)} and was set aside as ${path.basename(aside)}.`,
        { nextStep: thrown.nextStep, cause: thrown.cause },
      );
    }
  }

  /** As `get`, but changes nothing: a secret that cannot be unsealed stays where it is. */
  async peek(name: string): Promise<string | undefined> {
    const text = await this.#readSealed(this.#file(name));
    if (text === null) return undefined;
    const key = await this.#readKey();
    try {
      return unseal(name, text, key);
    } catch (cause) {
      throw new PalyraError(
        "state_unreadable",
        `The secret ${name} could not be read (${messageOf(cause)}).`,
        { nextStep: "Store the secret again.", cause },
      );
    }
  }

  async set(name: string, value: string): Promise<void> {
    const file = this.#file(name);
    const size = Buffer.byteLength(value);
    if (size === 0 || size > secretSizeLimit) {
      throw new PalyraError("validation_error", `A secret has 1 to ${secretSizeLimit} bytes, not ${size}.`);
    }
    await ensurePrivateFolder(this.#folder);
    await writePrivateFile(file, `${JSON.stringify(seal(name, value, await this.#readOrCreateKey()))}\n`);
  }

  async delete(name: string): Promise<void> {
    await rm(this.#file(name), { force: true });
  }

  async keys(): Promise<readonly string[]> {
    try {
      const files = await readdir(this.#folder);
      return files
        .filter((file) => file.endsWith(suffix))
        .map((file) => file.slice(0, -suffix.length).replaceAll("~", "/"));
    } catch (error) {
      if (systemErrorCode(error) === "ENOENT") return [];
      throw error;
    }
  }

  #file(name: string): string {
    if (!SecretRef.safeParse(name).success) {
      throw new PalyraError("validation_error", `“${name}” is not a name for a secret.`, {
        nextStep: "Use lower-case letters, digits, . _ - and /, e.g. global/discord_bot_token.",
      });
    }
    // `/` may not stand in a file name, and `~` not in a secret's.
    return path.join(this.#folder, `${name.replaceAll("/", "~")}${suffix}`);
  }

  async #readSealed(file: string): Promise<string | null> {
    const unreadable = (reason: string, cause?: unknown): PalyraError =>
      new PalyraError("secret_store_unavailable", `The file ${file} cannot be read (${reason}).`, {
        nextStep: "Make it a file that you may read, then try again.",
        cause,
      });
    const reading = await readRegularFile(file).catch((error: unknown) => {
      throw unreadable(messageOf(error), error);
    });
    if (reading.kind === "unusable") throw unreadable(`it ${reading.reason}`);
    return reading.kind === "read" ? reading.text : null;
  }

  /** Read anew each time: the user may have restored or removed it. @throws `secret_store_unavailable` */
  async #readKey(): Promise<Buffer> {
    const key = await this.#readKeyIfPresent();
    if (key === null) throw this.#keyLost("is missing");
    return key;
  }

  async #readKeyIfPresent(): Promise<Buffer | null> {
    const reading = await readRegularBytes(path.join(this.#folder, keyFileName)).catch((error: unknown) => {
      // The key may be well: no reason to give up the secrets.
      throw new PalyraError(
        "secret_store_unavailable",
        `The key of the secrets cannot be read (${messageOf(error)}).`,
        { nextStep: "Make sure that you may read the file secrets/key, then try again.", cause: error },
      );
    });
    if (reading.kind === "missing") return null;
    if (reading.kind === "unusable") throw this.#keyLost(reading.reason);
    if (reading.content.length !== keyBytes) throw this.#keyLost("is damaged");
    return reading.content;
  }

  #keyLost(what: string, cause?: unknown): PalyraError {
    return new PalyraError("secret_store_unavailable", `The key of the secrets in ${this.#folder} ${what}.`, {
      nextStep: "Restore the file secrets/key from a backup, or remove the folder secrets to start anew.",
      cause,
    });
  }

  async #readOrCreateKey(): Promise<Buffer> {
    const key = await this.#readKeyIfPresent();
    if (key !== null) return key;
    // A new key would be of no use to secrets that are here. Another process may have made both meanwhile.
    if ((await this.keys()).length > 0) return await this.#readKey();
    // Two processes may get here at once: `link` lets one of them win, and both use the winner's key.
    const file = path.join(this.#folder, keyFileName);
    const candidate = `${file}.${randomBytes(6).toString("hex")}`;
    await writeFile(candidate, randomBytes(keyBytes), { mode: 0o600, flag: "wx", flush: true });
    try {
      await link(candidate, file);
    } catch (error) {
      if (systemErrorCode(error) !== "EEXIST") throw error;
    } finally {
      await rm(candidate, { force: true });
    }
    return await this.#readKey();
  }
}

function boundData(name: string): Buffer {
  return Buffer.from(`palyra-secret:v${formatVersion}:${name}`);
}

function seal(name: string, value: string, key: Buffer): z.infer<typeof SealedSecret> {
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv, { authTagLength: 16 }).setAAD(boundData(name));
  const ciphertext = Buffer.concat([cipher.update(value, "utf8"), cipher.final()]);
  return {
    version: formatVersion,
    iv: iv.toString("base64url"),
    tag: cipher.getAuthTag().toString("base64url"),
    ciphertext: ciphertext.toString("base64url"),
  };
}

function unseal(name: string, text: string, key: Buffer): string {
  const sealed = SealedSecret.parse(JSON.parse(text));
  const bytes = (encoded: string): Buffer => Buffer.from(encoded, "base64url");
  const decipher = createDecipheriv("aes-256-gcm", key, bytes(sealed.iv), { authTagLength: 16 })
    .setAAD(boundData(name))
    .setAuthTag(bytes(sealed.tag));
  return Buffer.concat([decipher.update(bytes(sealed.ciphertext)), decipher.final()]).toString("utf8");
}
