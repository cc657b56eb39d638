import { SecretRef } from "../../contracts/control-link.ts";
import { PalyraError } from "../../platform/errors.ts";
import { statePaths } from "../../platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../supervisor/encrypted-file-secret-store.ts";
import { settableSecret } from "../../supervisor/settable-secret.ts";
import { StateFileStore } from "../../supervisor/state-file-store.ts";
import { type CommandContext, inspectorFor, print } from "../command-context.ts";
import { readSecret } from "../read-secret.ts";

/**
 * `palyra secrets set REF`: stores a secret where the secrets of the state root live. A state root that is
 * new gets the encrypted file as their home.
 * @throws `secrets_elsewhere` when VS Code keeps them and does not run
 */
export async function setSecret(context: CommandContext, ref: string): Promise<void> {
  if (!SecretRef.safeParse(ref).success || !/^(?:global|palyra)\//.test(ref)) {
    throw new PalyraError("validation_error", `“${ref}” is not a name for a secret.`, {
      nextStep:
        "Use global/discord_bot_token for the default account, global/discord_bot_token.NAME for another.",
    });
  }
  const value = settableSecret(ref, await readSecret(context.terminal, `Value of ${ref} (not shown): `));
  const owner = await inspectorFor(context).findOwner({ snapshot: () => undefined, log: () => undefined });
  if (owner !== null) {
    try {
      await owner.command({ kind: "set_secret", ref, value });
    } finally {
      owner.close();
    }
  } else await storeDirectly(context, ref, value);
  print(context, [context.json ? JSON.stringify({ ref, stored: true }) : `The secret ${ref} is stored.`]);
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
