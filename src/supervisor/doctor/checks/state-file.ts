import { SecretsHome } from "../../../contracts/state-file.ts";
import { readRegularFile } from "../../../platform/read-regular-file.ts";
import { parseState, type StateDefaults, StateFileStore } from "../../state-file-store.ts";
import type { Check, DoctorContext, Finding } from "../check.ts";

/** Whether `state.json` can be read, and whether this version may write it. */
export const stateFileCheck: Check = {
  id: "state",
  title: "State file",
  async run(context) {
    const { stateFile } = context.paths;
    const { reading, state, fault, newer } = await context.state();
    const backup = await readRegularFile(`${stateFile}.bak`);
    const copy = backup.kind === "missing" ? "There is no backup yet." : "There is a backup.";
    const text = reading.kind === "read" ? reading.text : "";
    const kept = backup.kind === "read" ? parseState(backup.text, defaultsOf(context, text)).kind : "bad";
    const lost = reading.kind === "missing" && backup.kind !== "missing" ? "it is missing" : fault;
    if (lost !== null && kept === "newer") {
      return {
        status: "failed",
        evidence: `${stateFile} cannot be used: ${lost}. A newer Palyra wrote its backup, which is only read.`,
        nextStep: "Update Palyra to the version that wrote it.",
      };
    }
    if (lost !== null) return torn(context, lost, kept === "good", text);
    if (newer) {
      return {
        status: "failed",
        evidence: `${stateFile} has version ${state?.schema_version ?? "?"}, written by a newer Palyra. It is only read.`,
        nextStep: "Update Palyra to the version that wrote it.",
      };
    }
    if (reading.kind === "missing") return { status: "ok", evidence: "There is no state yet." };
    return { status: "ok", evidence: `${stateFile} can be read. ${copy}` };
  },
};

/** @param text what is left of the file */
function torn(context: DoctorContext, fault: string, hasBackup: boolean, text: string): Finding {
  const { stateFile } = context.paths;
  const source = hasBackup ? "the last good copy" : "defaults";
  return {
    status: "failed",
    evidence: `${stateFile} cannot be used: ${fault}.`,
    repair: {
      title: `Set the file aside and go on with ${source}`,
      preview: [
        ...(fault === "it is missing" ? [] : [`- ${stateFile}`, `+ ${stateFile}.unreadable-TIME`]),
        `+ ${stateFile} (${hasBackup ? `from ${stateFile}.bak` : "with defaults"})`,
      ],
      apply: async (say) => {
        const store = await StateFileStore.open(stateFile, defaultsOf(context, text));
        for (const { message } of store.problems) say(message);
        await store.save();
        say(`${stateFile} is written again.`);
      },
    },
  };
}

function defaultsOf({ host }: DoctorContext, text: string): StateDefaults {
  // Without its home a secret counts as lost: half a file may still name it.
  return { secretsHome: homeIn(text) ?? host.secrets.home, desired: { gateway: true, browserd: true } };
}

function homeIn(text: string): SecretsHome | null {
  const named = SecretsHome.safeParse(/"secrets_home"\s*:\s*"(\w+)"/.exec(text)?.[1]);
  return named.success ? named.data : null;
}
