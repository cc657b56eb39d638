import { parse, type TomlTable } from "smol-toml";
import { fileProblem, PalyraError } from "../../platform/errors.ts";
import { editToml } from "../config-edit/edit-toml.ts";
import { editConfig } from "../edit-config.ts";
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

/** The file as it is, and as `editReversibly` would make it. @throws as `editConfig`; writes nothing */
export async function foreseenEdit(
  file: string,
  change: (document: TomlTable) => void,
): Promise<{ readonly before: string | null; readonly after: string }> {
  const { text: before } = await KeptFile.of(file);
  const wanted = parse(before ?? "");
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
  await editConfig(file, change).catch((thrown: unknown) => {
    throw thrown instanceof PalyraError ? thrown : fileProblem(file, "written", thrown);
  });
  const written = await KeptFile.of(file);
  return {
    existed: kept.text !== null,
    undo: async () => {
      const now = await KeptFile.of(file);
      if (now.equals(written)) {
        await kept.restore();
        return;
      }
      const before: TomlTable = parse(kept.text ?? "");
      await editConfig(file, (document) => putAccount(document, account, accountSection(before, account)));
    },
  };
}
