import { discordTokenRef } from "../contracts/gateway-config.ts";
import { PalyraError } from "../platform/errors.ts";
import { secretSizeLimit } from "./secret-store.ts";

const defaultTokenRef = discordTokenRef("default");

/**
 * The value to store when a user sets a secret: a Discord token without the white space around it, which goes into an
 * HTTP header, where only printable ASCII may stand (RFC 9110, 5.5); any other secret as it is, unless it is blank.
 * @throws `validation_error`, which never holds the value
 */
export function settableSecret(ref: string, value: string): string {
  requireUsersOwn(ref, "set");
  if (!isDiscordTokenRef(ref)) {
    // A blank one counts as none when it is read.
    if (value.trim() !== "") return value;
    throw new PalyraError("validation_error", `The value for the secret ${ref} is empty.`, {
      nextStep: "Store it again with its value, or remove the secret.",
    });
  }
  const token = value.trim();
  const fault = faultOf(token);
  if (fault === null) return token;
  throw new PalyraError("validation_error", `This is no Discord bot token: ${fault}.`, {
    nextStep: "Copy the token alone from Discord's developer portal, under Bot, and store it again.",
  });
}

/**
 * Refuses our own tokens: a service that runs would not know of it, and refuse everybody.
 * @throws `validation_error`
 */
export function requireUsersOwn(ref: string, verb: "set" | "removed"): void {
  if (!ref.startsWith("palyra/")) return;
  throw new PalyraError(
    "validation_error",
    `The secret ${ref} is made by Palyra and cannot be ${verb} by hand.`,
    { nextStep: "Replace it with “palyra secrets rotate”, or “Palyra: Rotate Tokens” in VS Code." },
  );
}

/** Whether a secret is the bot token of a Discord account. */
export function isDiscordTokenRef(ref: string): boolean {
  return ref === defaultTokenRef || ref.startsWith(`${defaultTokenRef}.`);
}

function faultOf(token: string): string | null {
  if (token === "") return "it is empty";
  if (token.length > secretSizeLimit) return `it is longer than ${secretSizeLimit} characters`;
  if (/\s/.test(token)) return "it has a space or a line break in it";
  return /^[!-~]+$/.test(token) ? null : "it has a character that is not printable ASCII";
}
