import type { IncomingHttpHeaders } from "node:http";
import { ownerPrincipal } from "../../contracts/approvals.ts";
import { PalyraError } from "../../platform/errors.ts";

/** A ULID as it is written: 26 characters of Crockford's base 32 in upper case, no larger than 128 bits. */
const ulidPattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
/** Longest name of a caller or a channel, in characters. */
const nameLimit = 128;

/**
 * In whose name an administrator asks: `x-palyra-principal` when it is shown. `x-palyra-device-id` and
 * `x-palyra-channel` need not be shown either, and have to be what they are called when they are.
 * @throws `validation_error` naming the header that is wrong
 */
export function principalOf(headers: IncomingHttpHeaders): string {
  const device = headers["x-palyra-device-id"];
  if (device !== undefined && !ulidPattern.test(String(device))) {
    throw new PalyraError("validation_error", "The header x-palyra-device-id is no ULID.");
  }
  nameIn(headers, "x-palyra-channel");
  const principal = nameIn(headers, "x-palyra-principal") ?? "admin:local";
  if (principal.toLowerCase() !== ownerPrincipal) return principal;
  // The owner could not decide about what was asked for in that name.
  throw new PalyraError("validation_error", "The header x-palyra-principal names the owner.", {
    nextStep: "Send a name of your own in it, such as admin:me.",
  });
}

function nameIn(headers: IncomingHttpHeaders, header: string): string | null {
  const shown = headers[header];
  if (shown === undefined) return null;
  const name = String(shown).trim();
  if (name !== "" && name.length <= nameLimit) return name;
  throw new PalyraError("validation_error", `The header ${header} is empty or too long.`);
}
