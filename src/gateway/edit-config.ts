import type { TomlTable } from "smol-toml";
import { editTomlFile } from "./config-edit/edit-toml-file.ts";
import { type ParsedConfig, parseConfig } from "./parse-config.ts";

/**
 * Changes `palyra.toml` and keeps the user's comments. The gateway that follows the file sees the change by itself.
 * @param change gets the document as it is in the file, without defaults, and changes it in place
 * @returns the new configuration
 * @throws `config_invalid` when the file is broken now, or would be after the change; `conflict` when the change cannot
 * be made without touching other settings. Nothing is written then.
 */
export function editConfig(file: string, change: (document: TomlTable) => void): Promise<ParsedConfig> {
  return editTomlFile(file, (text) => parseConfig(text, file), change);
}
