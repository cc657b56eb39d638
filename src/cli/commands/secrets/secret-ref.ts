import { SecretRef } from "../../../contracts/control-link.ts";
import { PalyraError } from "../../../platform/errors.ts";

/**
 * The name of a secret out of `SCOPE/KEY`, or of scope and key apart.
 * @throws `validation_error`, also for the names of secrets that Palyra makes by itself
 */
export function secretRef(first: string, key: string | undefined): string {
  if (key !== undefined && first.includes("/")) {
    throw new PalyraError(
      "validation_error",
      `“${first}” is the whole name of a secret, and something follows it.`,
      {
        nextStep:
          "A secret is no argument, because other programs can see those. Pipe it in, or type it when asked.",
      },
    );
  }
  const ref = key === undefined ? first : `${first}/${key}`;
  if (!SecretRef.safeParse(ref).success || !/^(?:global|palyra)\//.test(ref)) {
    throw new PalyraError("validation_error", `“${ref}” is not a name for a secret.`, {
      nextStep:
        "Use global/discord_bot_token for the default account, global/discord_bot_token.NAME for another.",
    });
  }
  return ref;
}
