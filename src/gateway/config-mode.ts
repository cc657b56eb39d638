import { text } from "node:stream/consumers";
import type { TomlTable, TomlValue } from "smol-toml";
import { type ConfigAnswer, ConfigRequest } from "../contracts/config-mode.ts";
import { detailsOf, PalyraError } from "../platform/errors.ts";
import { readRegularFile } from "../platform/read-regular-file.ts";
import { ensurePrivateFolder } from "../platform/secure-folder.ts";
import { statePaths } from "../platform/state-paths.ts";
import { editConfig } from "./edit-config.ts";
import { parseConfig } from "./parse-config.ts";
import { readConfigText } from "./read-config-text.ts";

/** The gateway's configuration mode: reads, checks or changes `palyra.toml`, without serving anything. */
export async function runConfigMode(): Promise<void> {
  const request = ConfigRequest.parse(JSON.parse(await text(process.stdin)));
  process.stdout.write(`${JSON.stringify(await answer(request))}\n`);
}

async function answer({ state_root, changes }: ConfigRequest): Promise<ConfigAnswer> {
  const { root, gatewayConfig: file } = statePaths(state_root);
  try {
    if (changes.length > 0) await ensurePrivateFolder(root);
    const { config, hash } =
      changes.length === 0
        ? await parseConfig(await readConfigText(file), file)
        : await editConfig(file, (document) => {
            for (const { path, value } of changes) put(document, path, value);
          });
    const exists = (await readRegularFile(file)).kind !== "missing";
    return { ok: true, file, exists, config, config_hash: hash };
  } catch (thrown) {
    if (!(thrown instanceof PalyraError)) throw thrown;
    return { ok: false, error: detailsOf(thrown) };
  }
}

/** Sets a value in a document, with the tables above it; null takes it out. */
function put(
  document: TomlTable,
  path: readonly string[],
  value: ConfigRequest["changes"][number]["value"],
): void {
  const [name, ...rest] = path;
  if (name === undefined) return;
  if (rest.length === 0) {
    if (value === null) delete document[name];
    else document[name] = value as TomlValue;
    return;
  }
  const below = document[name] ?? {};
  if (typeof below !== "object" || Array.isArray(below) || below instanceof Date) {
    throw new PalyraError("validation_error", `“${name}” is a value; there is nothing below it.`);
  }
  if (value === null && document[name] === undefined) return;
  document[name] = below;
  put(below as TomlTable, rest, value);
}
