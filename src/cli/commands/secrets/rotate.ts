import { PalyraError } from "../../../platform/errors.ts";
import { statePaths } from "../../../platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../../supervisor/encrypted-file-secret-store.ts";
import { tokenRefs } from "../../../supervisor/service-secrets.ts";
import { StateFileStore } from "../../../supervisor/state-file-store.ts";
import { type CommandContext, inspectorFor } from "../../command-context.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { visibleText } from "../../visible-text.ts";

/**
 * `palyra secrets rotate`: the owner of the services replaces their tokens. Where nobody owns them the old ones
 * are removed, and the next start makes new ones.
 * @throws `secrets_elsewhere` when VS Code keeps them and does not run
 */
export async function rotateTokens(context: CommandContext): Promise<Answer> {
  const inspector = inspectorFor(context);
  const owner = await inspector.findOwner({ snapshot: () => undefined, log: () => undefined });
  let message = "Nobody watches over the services now; they get new tokens as soon as somebody does.";
  if (owner !== null) {
    try {
      message = await owner.command({ kind: "rotate_tokens" });
    } finally {
      owner.close();
    }
  } else await removeTokens(context);
  return {
    data: { rotated: true, message },
    records: [record("secrets.rotate", { rotated: true, message })],
    lines: () => [visibleText(message)],
  };
}

async function removeTokens({ stateRoot }: CommandContext): Promise<void> {
  const paths = statePaths(stateRoot);
  const { state } = await StateFileStore.open(paths.stateFile, {
    secretsHome: "file",
    desired: { gateway: true, browserd: true },
  });
  if (state.secrets_home !== "file") {
    throw new PalyraError("secrets_elsewhere", "The secrets of this state folder are kept by VS Code.");
  }
  const store = new EncryptedFileSecretStore(paths.secretsDir);
  for (const ref of Object.values(tokenRefs)) await store.delete(ref);
}
