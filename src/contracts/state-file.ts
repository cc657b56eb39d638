import * as z from "zod";

/** Version written by this code. A higher one is opened read-only. */
export const stateSchemaVersion = 8;

/** Where the secrets of this state root live: VS Code's SecretStorage or the encrypted file. */
export const SecretsHome = z.enum(["vscode", "file"]);
export type SecretsHome = z.infer<typeof SecretsHome>;

/** `state.json` of the control center. Unknown keys are kept when it is written back. */
export const StateFile = z.looseObject({
  schema_version: z.int().positive(),
  /** What the user wants of each service; set by commands only, so that a manual stop survives a reload. */
  desired_running: z.looseObject({ gateway: z.boolean(), browserd: z.boolean() }),
  secrets_home: SecretsHome,
  /** When each of our own tokens was last made, for the rotation schedule. */
  token_created_unix_ms: z.looseObject({ admin: z.int().nullable(), browser: z.int().nullable() }),
});
export type StateFile = z.infer<typeof StateFile>;
