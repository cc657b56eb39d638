import { parse, type TomlTable } from "smol-toml";
import { editConfig } from "../edit-config.ts";
import { accountSection, putAccount } from "./account-section.ts";
import { KeptFile } from "./kept-file.ts";

export interface ConfigRestore {
  readonly file: string;
  readonly account: string;
  /** The file before it was changed, and as it was written then. */
  readonly kept: KeptFile;
  readonly written: KeptFile;
}

/**
 * Takes a change of `palyra.toml` back. When somebody else changed the file meanwhile, only the account's section becomes
 * what it was, so that their change stays.
 */
export async function restoreConfig({ file, account, kept, written }: ConfigRestore): Promise<void> {
  const now = await KeptFile.of(file);
  if (now.equals(written)) {
    await kept.restore();
    return;
  }
  const before: TomlTable = parse(kept.text ?? "");
  await editConfig(file, (document) => putAccount(document, account, accountSection(before, account)));
}
