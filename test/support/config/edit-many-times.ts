import type { TomlTable } from "smol-toml";
import { editConfig } from "../../../src/gateway/edit-config.ts";

/** A program that adds `count` accounts called NAME0, NAME1 … to a `palyra.toml`, one edit each. */
const [file = "", name = "", count = ""] = process.argv.slice(2);

for (let index = 0; index < Number(count); index += 1) {
  await editConfig(file, (document) => {
    const discord = tableIn(tableIn(document, "channels"), "discord");
    discord[`${name}${index}`] = { enabled: false };
  });
}

function tableIn(parent: TomlTable, key: string): TomlTable {
  parent[key] ??= {};
  return parent[key] as TomlTable;
}
