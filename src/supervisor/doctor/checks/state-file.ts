import { SecretsHome } from "../../../contracts/state-file.ts";
import { readRegularFile } from "../../../platform/read-regular-file.ts";
import { StateFileStore } from "../../state-file-store.ts";
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
    if (fault !== null) return torn(context, fault, backup.kind === "read", text);
    if (newer) {
      return {
        status: "failed",
        evidence: `${stateFile} has version ${state?.schema_version ?? "?"}, written by a newer Palyra. It is only read.`,
        nextStep: "Update Palyra to the version that wrote it.",
      };
    }
    if (reading.kind === "missing" && backup.kind !== "missing") {
      return torn(context, "it is missing", backup.kind === "read", "");
    }
    if (reading.kind === "missing") return { status: "ok", evidence: "There is no state yet." };
    return { status: "ok", evidence: `${stateFile} can be read. ${copy}` };
  },
};

/** @param text what is left of the file */
function torn({ paths, host }: DoctorContext, fault: string, hasBackup: boolean, text: string): Finding {
  const { stateFile } = paths;
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
      apply: async () => {
        const store = await StateFileStore.open(stateFile, {
          // Without its home a secret counts as lost: half a file may still name it.
          secretsHome: homeIn(text) ?? host.secrets.home,
          desired: { gateway: true, browserd: true },
        });
        await store.save();
        return [...store.problems.map(({ message }) => message), `${stateFile} is written again.`];
      },
    },
  };
}

function homeIn(text: string): SecretsHome | null {
  const named = SecretsHome.safeParse(/"secrets_home"\s*:\s*"(\w+)"/.exec(text)?.[1]);
  return named.success ? named.data : null;
}
