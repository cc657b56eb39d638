import * as z from "zod";
import { AccountId } from "./gateway-config.ts";

/** Version of the note written by this code. */
export const stagedAccountVersion = 1;

/**
 * A change of an account that is being made: on the disk before anything is changed, and gone when all is done. A gateway
 * that finds one at its start takes the change back. It holds no secret.
 */
export const StagedAccount = z.object({
  version: z.literal(stagedAccountVersion),
  account_id: AccountId,
  /** Everything is done; only `stagedTokenRef` may be left to be removed. */
  done: z.boolean(),
  /** `replaced`: the token before is kept under `stagedTokenRef` until all is done. */
  token: z.enum(["unchanged", "new", "replaced"]),
  /** SHA-256 of the token that is put in place, in hex: another one is not taken away. Null when it is unchanged. */
  token_digest: z.string().nullable(),
  /** The text of `palyra.toml`, null when it was missing; null as a whole when the file does not change. */
  file: z.object({ before: z.string().nullable(), after: z.string() }).nullable(),
});
export type StagedAccount = z.infer<typeof StagedAccount>;

/** Where the token before is kept meanwhile. No account's own reference: account ids have no `/`. */
export function stagedTokenRef(account: string): string {
  return `global/discord_bot_token.before/${account}`;
}
