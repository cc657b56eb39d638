import type { Command } from "commander";
import { PalyraError } from "../../../platform/errors.ts";
import { statePaths } from "../../../platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../../supervisor/encrypted-file-secret-store.ts";
import { inspectorFor } from "../../command-context.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { type Shell, show } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

/** Adds `palyra secrets list`. */
export function addList(secrets: Command, shell: Shell): void {
  const list = secrets
    .command("list")
    .description("show the names of the stored secrets, never their values")
    .argument("[scope]", "only those whose name begins with this, such as global");
  withExamples(list, "palyra secrets list", "palyra secrets list global");
  list.action(async (scope: string | undefined) => {
    await show(shell, async (context) => {
      const { snapshot } = await inspectorFor(context).inspect();
      if (snapshot.quick_facts.secrets_home !== "file") {
        throw new PalyraError("secrets_elsewhere", "The secrets of this state folder are kept by VS Code.", {
          nextStep: "VS Code does not tell their names; store one again when you are not sure of it.",
        });
      }
      const store = new EncryptedFileSecretStore(statePaths(context.stateRoot).secretsDir);
      const refs = (await store.keys())
        .filter((ref) => scope === undefined || ref.startsWith(`${scope}/`))
        .sort();
      return {
        data: { secrets: refs.map((ref) => ({ ref })) },
        records: [
          record("secrets.count", { count: refs.length }),
          ...refs.map((ref) => record("secrets.secret", { ref })),
        ],
        lines: () => (refs.length === 0 ? ["There are no secrets."] : refs.map(visibleText)),
      };
    });
  });
}
