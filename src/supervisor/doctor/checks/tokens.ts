import { rename, stat } from "node:fs/promises";
import path from "node:path";
import { serviceKinds } from "../../../contracts/service-kinds.ts";
import type { StateFile } from "../../../contracts/state-file.ts";
import { PalyraError, systemErrorCode } from "../../../platform/errors.ts";
import { Redactor } from "../../../platform/redactor.ts";
import { ServiceSecrets, tokenRefs, tokenStateKeys } from "../../service-secrets.ts";
import { unusedName } from "../../set-aside.ts";
import type { Check, DoctorContext, Finding, Repair, SecretsReading } from "../check.ts";

/** Length of the key of the encrypted store, in bytes. */
const keyBytes = 32;

/** Whether the secrets can be reached and our own tokens are among them. */
export const tokensCheck: Check = {
  id: "tokens",
  title: "Tokens and secrets",
  async run(context) {
    const secrets = await context.secrets();
    if (secrets.kind === "elsewhere") {
      return {
        status: "unknown",
        evidence: `Not checked here: ${secrets.reason}.`,
        nextStep: "Run “Palyra: Run Diagnostics” in VS Code.",
      };
    }
    const keyFault = secrets.home.home === "file" ? await faultOfKey(context) : null;
    if (keyFault !== null && (await secrets.home.keys()).length > 0) return brokenKey(context, keyFault);
    if (secrets.faults.length > 0) {
      return {
        status: "failed",
        evidence: `Some secrets cannot be read: ${secrets.faults.join(" ")}`,
        nextStep: "Unlock the keyring, or store the named secrets again.",
        ...(secrets.damaged.length === 0 ? {} : { repair: settingAside(secrets) }),
      };
    }
    return lostTokens(secrets, (await context.state()).state);
  },
};

function lostTokens(secrets: SecretsReading & { kind: "read" }, state: StateFile | null): Finding {
  const made = serviceKinds.filter(
    (service) => typeof state?.token_created_unix_ms[tokenStateKeys[service]] === "number",
  );
  const lost = made.filter((service) => !secrets.values.has(tokenRefs[service]));
  const others = [...secrets.values.keys()].filter((name) => !name.startsWith("palyra/")).length;
  const where = secrets.home.home === "file" ? "the encrypted files" : "VS Code's secret storage";
  if (lost.length > 0) {
    const names = lost.map((service) => tokenRefs[service]);
    return {
      status: "failed",
      evidence: `${names.join(" and ")} should be in ${where}, and ${lost.length === 1 ? "is" : "are"} not.`,
      repair: {
        title: "Make new tokens",
        preview: names.map((name) => `+ ${name} (32 random bytes, not shown)`),
        apply: async (say) => {
          const own = new ServiceSecrets(secrets.home, new Redactor(), async () => undefined);
          // Makes a token only where there is still none: nothing is replaced.
          for (const service of lost) {
            await own.token(service);
            say(`${tokenRefs[service]} is made; a running service learns it when it is next connected.`);
          }
        },
      },
    };
  }
  if (made.length === 0 && secrets.values.size === 0) {
    return {
      status: "ok",
      evidence: "There are no secrets yet; our own tokens are made at the first start.",
    };
  }
  const more = others === 1 ? "1 other secret" : `${others} other secrets`;
  return { status: "ok", evidence: `Our own tokens and ${more} can be read from ${where}.` };
}

/** The store itself keeps a damaged secret under a new name when it is read. */
function settingAside({ home, damaged }: SecretsReading & { kind: "read" }): Repair {
  return {
    title: "Set the damaged secrets aside",
    preview: damaged.flatMap((name) => [`- ${name}`, `+ ${name} (kept as a file named .unreadable-TIME)`]),
    apply: async (say) => {
      for (const name of damaged) {
        try {
          await home.get(name);
          say(`The secret ${name} can be read again.`);
        } catch (thrown) {
          if (!(thrown instanceof PalyraError && thrown.code === "state_unreadable")) throw thrown;
          say(thrown.message);
        }
      }
    },
  };
}

async function faultOfKey({ paths }: DoctorContext): Promise<string | null> {
  const file = path.join(paths.secretsDir, "key");
  try {
    const info = await stat(file);
    if (!info.isFile()) return "is not a file";
    return info.size === keyBytes ? null : `has ${info.size} bytes instead of ${keyBytes}`;
  } catch (error) {
    if (systemErrorCode(error) === "ENOENT") return "is missing";
    if (systemErrorCode(error) === "EACCES") return null;
    throw error;
  }
}

function brokenKey({ paths }: DoctorContext, fault: string): Finding {
  const folder = paths.secretsDir;
  const repair: Repair = {
    title: "Set the folder of the secrets aside and start with an empty one",
    preview: [`- ${folder}`, `+ ${folder}.unreadable-TIME (nothing in it is changed)`],
    apply: async (say) => {
      const aside = await unusedName(folder);
      await rename(folder, aside);
      say(`${folder} is kept as ${aside}.`);
      say("Store your Discord tokens and other secrets again; our own tokens are made at the next start.");
    },
  };
  return {
    status: "failed",
    evidence: `The key file ${path.join(folder, "key")} ${fault}, so no secret can be opened.`,
    nextStep:
      "Restore the file from a backup if you have one. Otherwise use the repair and store the secrets again.",
    remedy: { title: "Set Discord Token", command: "palyra.setDiscordToken" },
    repair,
  };
}
