import { type Command, Option } from "commander";
import { PalyraError } from "../../../platform/errors.ts";
import { statePaths } from "../../../platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../../supervisor/encrypted-file-secret-store.ts";
import { settableSecret } from "../../../supervisor/settable-secret.ts";
import { StateFileStore } from "../../../supervisor/state-file-store.ts";
import { type CommandContext, inspectorFor } from "../../command-context.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { readSecret, readSecretFile } from "../../read-secret.ts";
import { type Shell, show } from "../../shell.ts";
import { secretRef } from "./secret-ref.ts";

/**
 * Adds `palyra secrets set`: stores a secret where the secrets of the state root live. A state root that is new gets
 * the encrypted file as their home.
 */
export function addSet(secrets: Command, shell: Shell): void {
  const set = secrets
    .command("set")
    .description("store a secret, read from standard input or a file, or typed without being shown")
    .argument("<ref>", "its name, such as global/discord_bot_token, or its scope")
    .argument("[key]", "the rest of the name, when the scope is given alone")
    .option(
      "--value-stdin",
      "read it from standard input, also when that is a terminal's pipe; the default there",
    )
    .addOption(
      new Option("--value-file <file>", "read it from a file, without its last line break").conflicts(
        "valueStdin",
      ),
    );
  withExamples(
    set,
    "palyra secrets set global/discord_bot_token",
    "pass show github/hook | palyra secrets set global github_repo_a --value-stdin",
  );
  set.action(async (first: string, key: string | undefined, given: { valueFile?: string }) => {
    const ref = secretRef(first, key);
    await show(shell, async (context) => {
      const typed =
        given.valueFile === undefined
          ? await readSecret(context.terminal, `Value of ${ref} (not shown): `)
          : await readSecretFile(given.valueFile);
      await store(context, ref, settableSecret(ref, typed));
      return {
        data: { ref, stored: true },
        records: [record("secrets.set", { ref, stored: true })],
        lines: () => [`The secret ${ref} is stored.`],
      };
    });
  });
}

/** @throws `secrets_elsewhere` when VS Code keeps them and does not run */
async function store(context: CommandContext, ref: string, value: string): Promise<void> {
  const owner = await inspectorFor(context).findOwner({ snapshot: () => undefined, log: () => undefined });
  if (owner === null) {
    await storeDirectly(context, ref, value);
    return;
  }
  try {
    await owner.command({ kind: "set_secret", ref, value });
  } finally {
    owner.close();
  }
}

async function storeDirectly({ stateRoot }: CommandContext, ref: string, value: string): Promise<void> {
  const paths = statePaths(stateRoot);
  const state = await StateFileStore.open(paths.stateFile, {
    secretsHome: "file",
    desired: { gateway: true, browserd: true },
  });
  if (state.state.secrets_home !== "file") {
    throw new PalyraError("secrets_elsewhere", "The secrets of this state folder are kept by VS Code.");
  }
  await state.save();
  await new EncryptedFileSecretStore(paths.secretsDir).set(ref, value);
}
