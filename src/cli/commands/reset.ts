import { PalyraError } from "../../platform/errors.ts";
import { statePaths } from "../../platform/state-paths.ts";
import { EncryptedFileSecretStore } from "../../supervisor/encrypted-file-secret-store.ts";
import { forgetSecrets } from "../../supervisor/reset/forget-secrets.ts";
import { type Resettable, resetPart, resetSentences } from "../../supervisor/reset/reset-state-root.ts";
import { type CommandContext, hostName, inspectorFor } from "../command-context.ts";
import { confirmed } from "../confirm.ts";
import type { Answer } from "../output/answer.ts";
import { record } from "../output/record.ts";
import { visibleText } from "../visible-text.ts";

export type ResetTarget = Resettable | "secrets";

const forgetSentence =
  "All secrets are forgotten for good, Discord tokens too; no copy is kept. They must be stored again.";

/**
 * `palyra reset WHAT`: after a confirmation, puts a part back to its beginning and keeps what was there.
 * @param yes the user has confirmed already
 * @throws `validation_error` without a confirmation; `conflict` while services run
 */
export async function reset(context: CommandContext, target: ResetTarget, yes: boolean): Promise<Answer> {
  const sentence = target === "secrets" ? forgetSentence : resetSentences[target];
  await confirmed(context.terminal, yes, `${sentence} Go on?`);
  const { stateRoot, version } = context;
  if (target === "secrets") {
    const forgotten = await forget(context);
    const names = forgotten.length === 0 ? "There were no secrets." : `Forgotten: ${forgotten.join(", ")}.`;
    return {
      data: { reset: target, forgotten },
      records: [record("reset", { reset: target, forgotten })],
      lines: () => [visibleText(names)],
    };
  }
  const client = { name: hostName, version, pid: process.pid };
  const kept = await resetPart(target, stateRoot, client, Date.now());
  const told =
    kept.length === 0
      ? "There was nothing to reset."
      : `Reset. What was there is kept as ${kept.join(" and ")}.`;
  return {
    data: { reset: target, kept },
    records: [record("reset", { reset: target, kept })],
    lines: () => [visibleText(told)],
  };
}

async function forget(context: CommandContext): Promise<readonly string[]> {
  const inspector = inspectorFor(context);
  const { snapshot } = await inspector.inspect();
  if (snapshot.quick_facts.secrets_home !== "file") {
    throw new PalyraError("secrets_elsewhere", "The secrets of this state folder are kept by VS Code.", {
      nextStep: "Use “Palyra: Reset” in VS Code.",
    });
  }
  const home = new EncryptedFileSecretStore(statePaths(context.stateRoot).secretsDir);
  const owner = await inspector.findOwner({ snapshot: () => undefined, log: () => undefined });
  if (owner === null && snapshot.services.some(({ pid }) => pid !== null)) {
    throw new PalyraError("conflict", "Services run that nobody could tell of it.", {
      nextStep: "Stop them with “palyra stop”, then try again.",
    });
  }
  if (owner === null) return await forgetSecrets(home, null);
  try {
    return await forgetSecrets(home, {
      deleteSecret: async (ref) => {
        await owner.command({ kind: "delete_secret", ref });
      },
      rotateTokens: async () => {
        await owner.command({ kind: "rotate_tokens" });
      },
    });
  } finally {
    owner.close();
  }
}
