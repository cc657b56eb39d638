import type { Command } from "commander";
import { PalyraError } from "../../../platform/errors.ts";
import { statePaths } from "../../../platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../../supervisor/encrypted-file-secret-store.ts";
import { requireUsersOwn } from "../../../supervisor/settable-secret.ts";
import { type CommandContext, inspectorFor } from "../../command-context.ts";
import { confirmed } from "../../confirm.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { type Shell, show } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { secretRef } from "./secret-ref.ts";

/** Adds `palyra secrets delete`. */
export function addDelete(secrets: Command, shell: Shell): void {
  const command = secrets
    .command("delete")
    .description("forget a secret for good")
    .argument("<ref>", "its name, such as global/discord_bot_token, or its scope")
    .argument("[key]", "the rest of the name, when the scope is given alone")
    .option("--yes", "do not ask");
  withExamples(command, "palyra secrets delete global/github_repo_a --yes");
  command.action(async (first: string, key: string | undefined, given: { yes?: boolean }) => {
    const ref = secretRef(first, key);
    requireUsersOwn(ref, "removed");
    await confirmed(shell.context().terminal, given.yes ?? false, `Forget the secret ${ref}?`);
    await show(shell, async (context) => {
      await forget(context, ref);
      return {
        data: { ref, deleted: true },
        records: [record("secrets.delete", { ref, deleted: true })],
        lines: () => [visibleText(`The secret ${ref} is forgotten.`)],
      };
    });
  });
}

async function forget(context: CommandContext, ref: string): Promise<void> {
  const inspector = inspectorFor(context);
  const store = new EncryptedFileSecretStore(statePaths(context.stateRoot).secretsDir);
  const owner = await inspector.findOwner({ snapshot: () => undefined, log: () => undefined });
  if (owner !== null) {
    try {
      if (owner.snapshot.quick_facts.secrets_home === "file") await requireStored(store, ref);
      await owner.command({ kind: "delete_secret", ref });
    } finally {
      owner.close();
    }
    return;
  }
  const { snapshot } = await inspector.inspect();
  if (snapshot.quick_facts.secrets_home !== "file") {
    throw new PalyraError("secrets_elsewhere", "The secrets of this state folder are kept by VS Code.");
  }
  await requireStored(store, ref);
  await store.delete(ref);
}

async function requireStored(store: EncryptedFileSecretStore, ref: string): Promise<void> {
  if ((await store.keys()).includes(ref)) return;
  throw new PalyraError("not_found", `The secret ${ref} is not stored.`, {
    nextStep: "Look at “palyra secrets list”.",
  });
}
