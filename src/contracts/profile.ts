import * as z from "zod";

/** Names that Windows keeps for devices, and ours. */
const reserved = /^(con|prn|aux|nul|com\d|lpt\d|default)$/;

/** Name of a profile that can be made: it is also the name of a folder on every system. */
export const NewProfileName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9-]{0,31}$/,
    "Use 1 to 32 lower-case letters, digits and hyphens, not a hyphen first.",
  )
  .refine((name) => !reserved.test(name), "This name is reserved; choose another one.");

export const profileSchemaVersion = 1;

/** `profile.json` in the state root of a named profile. Unknown keys are kept by leaving the file alone. */
export const ProfileRecord = z.looseObject({
  schema_version: z.int().positive(),
  name: NewProfileName,
  /** Random: a later profile of the same name is another one, with secrets of its own. */
  id: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  created_at_unix_ms: z.int(),
});
export type ProfileRecord = z.infer<typeof ProfileRecord>;

/** `profiles/terminal.json`: the profile that commands in a terminal use when they name none. */
export const TerminalChoice = z.looseObject({ schema_version: z.int().positive(), profile: z.string() });
