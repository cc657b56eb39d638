import { parse, type TomlTable } from "smol-toml";
import { editToml } from "../config-edit/edit-toml.ts";
import { inTurn } from "../config-edit/edit-toml-file.ts";
import { editConfig } from "../edit-config.ts";
import { parseToml } from "../parse-config.ts";
import { accountSection, putAccount } from "./account-section.ts";
import { KeptFile } from "./kept-file.ts";

export interface ReversibleEdit {
  /** Whether the file was there before. */
  readonly existed: boolean;
  /**
   * Takes the edit back, byte by byte. When somebody else changed the file meanwhile, only the account's section becomes
   * what it was, so that their change stays.
   */
  undo(): Promise<void>;
}

/**
 * The file as it is, and as `editReversibly` would make it. Writes nothing.
 * @throws `config_invalid` naming the line of a syntax error; `conflict` as `editConfig`
 */
export async function foreseenEdit(
  file: string,
  change: (document: TomlTable) => void,
): Promise<{ readonly before: string | null; readonly after: string }> {
  const { text: before } = await KeptFile.of(file);
  const wanted = parseToml(before ?? "", file);
  change(wanted);
  return { before, after: editToml(before ?? "", wanted) };
}

/**
 * Changes what `palyra.toml` says about an account.
 * @throws as `editConfig`; `storage_failed` when it cannot be written
 */
export async function editReversibly(
  file: string,
  account: string,
  change: (document: TomlTable) => void,
): Promise<ReversibleEdit> {
  const kept = await KeptFile.of(file);
  await editConfig(file, change);
  const written = await KeptFile.of(file);
  return {
    existed: kept.text !== null,
    undo: async () => {
      const restored = await inTurn(file, async () => {
        if (!(await KeptFile.of(file)).equals(written)) return false;
        await kept.restore();
        return true;
      });
      if (restored) return;
      const before: TomlTable = parse(kept.text ?? "");
      await editConfig(file, (document) => putAccount(document, account, accountSection(before, account)));
    },
  };
}
