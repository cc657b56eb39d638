import { parse, TomlError, type TomlTable } from "smol-toml";
import {
  WebhookIntegration,
  WebhookName,
  webhookBounds,
  webhooksFileVersion,
} from "../../contracts/webhook.ts";
import { PalyraError } from "../../platform/errors.ts";
import { outlineOf, type TomlSection } from "../config-edit/toml-outline.ts";

/** An entry of the file that is not in force. */
export interface QuarantinedEntry {
  readonly integrationId: string | null;
  /** Line of the file, from 1; null when it could not be found. */
  readonly line: number | null;
  /** Path of the field inside of the entry, empty for the entry as a whole. */
  readonly field: string;
  readonly message: string;
}

/** A setting of the file that nobody knows: probably misspelt, and without effect. */
export interface UnknownSetting {
  /** Null for one that stands outside of the entries. */
  readonly integrationId: string | null;
  /** Line of the file, from 1; null when it could not be found. */
  readonly line: number | null;
  readonly key: string;
}

/** What `webhooks.toml` means. */
export interface WebhookRegistryContent {
  /** By id, in the order of the file. */
  readonly integrations: ReadonlyMap<string, WebhookIntegration>;
  readonly quarantined: readonly QuarantinedEntry[];
  readonly unknownSettings: readonly UnknownSetting[];
}

/**
 * Reads the text of `webhooks.toml`. An entry that is wrong is set aside with the line and the field, and the others
 * are in force all the same.
 * @param text the file; empty for a missing one
 * @param file its path, for the error
 * @throws `config_invalid` when nothing can be read, `state_newer` when a later version wrote the file
 */
export function parseRegistry(text: string, file: string): WebhookRegistryContent {
  const document = documentOf(text, file);
  requireVersion(document.version, file);
  const list = document.webhooks ?? [];
  if (!Array.isArray(list)) {
    throw new PalyraError("config_invalid", `${file}: webhooks is not a list of tables.`, {
      nextStep: "Write every integration below a line [[webhooks]].",
    });
  }
  const places = new Places(text);
  const unknownSettings: UnknownSetting[] = Object.keys(document)
    .filter((key) => key !== "version" && key !== "webhooks")
    .map((key) => ({ integrationId: null, line: places.lineOfTopLevel(key), key }));
  const integrations = new Map<string, WebhookIntegration>();
  const quarantined: QuarantinedEntry[] = [];
  for (const [index, entry] of list.entries()) {
    const judged = judgeEntry(entry, integrations);
    if ("integration" in judged) {
      const { integration_id: integrationId } = judged.integration;
      integrations.set(integrationId, judged.integration);
      for (const key of Object.keys(entry as object).filter((one) => !knownSettings.has(one))) {
        unknownSettings.push({ integrationId, line: places.lineOf(index, key), key });
      }
    } else {
      const { field, message } = judged;
      quarantined.push({ integrationId: idOf(entry), line: places.lineOf(index, field), field, message });
    }
  }
  return { integrations, quarantined, unknownSettings };
}

const knownSettings: ReadonlySet<string> = new Set(Object.keys(WebhookIntegration.shape));

type JudgedEntry =
  | { readonly integration: WebhookIntegration }
  | { readonly field: string; readonly message: string };

function judgeEntry(entry: unknown, known: ReadonlyMap<string, unknown>): JudgedEntry {
  const parsed = WebhookIntegration.safeParse(entry);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { field: issue?.path.map(String).join(".") ?? "", message: issue?.message ?? "is not valid" };
  }
  const { integration_id: id, signature_required, accept_unsigned } = parsed.data;
  if (known.has(id)) {
    return { field: "integration_id", message: `${id} is there twice; the first one is in force` };
  }
  if (known.size >= webhookBounds.integrations) {
    return { field: "", message: `there are more than ${webhookBounds.integrations} integrations` };
  }
  if (!signature_required && !accept_unsigned) {
    return {
      field: "signature_required",
      message: "false is taken only with accept_unsigned = true beside it",
    };
  }
  return { integration: parsed.data };
}

function documentOf(text: string, file: string): TomlTable {
  try {
    return parse(text);
  } catch (thrown) {
    if (!(thrown instanceof TomlError)) throw thrown;
    const cause = thrown.message.split("\n", 1)[0]?.replace(/^Invalid TOML document: /, "") ?? "syntax error";
    throw new PalyraError(
      "config_invalid",
      `${file}, line ${thrown.line}, column ${thrown.column}: ${cause}.`,
      {
        nextStep: "Correct this line; it is read again when the file is saved.",
        cause: thrown,
      },
    );
  }
}

function requireVersion(version: unknown, file: string): void {
  if (version === undefined || version === webhooksFileVersion) return;
  if (typeof version === "number" && version > webhooksFileVersion) {
    throw new PalyraError("state_newer", `${file} was written by a later version of Palyra (${version}).`);
  }
  throw new PalyraError("config_invalid", `${file}: version is not ${webhooksFileVersion}.`, {
    nextStep: `Write version = ${webhooksFileVersion} at the top of the file.`,
  });
}

function idOf(entry: unknown): string | null {
  const id =
    typeof entry === "object" && entry !== null && "integration_id" in entry ? entry.integration_id : null;
  const parsed = WebhookName.safeParse(id);
  return parsed.success ? parsed.data : null;
}

/** Where entries and their fields stand in the text. Looked for only when something is wrong. */
class Places {
  readonly #text: string;
  #sections: readonly TomlSection[] | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  /** Line of a key or table outside of the entries. */
  lineOfTopLevel(key: string): number | null {
    const [top, ...tables] = this.#all();
    if (top !== undefined && this.#offsetIn(top, key) !== -1) return this.#lineIn(top, key);
    const table = tables.find(({ path }) => path[0] === key);
    return table === undefined ? null : this.#lineIn(table, "");
  }

  /** Line of a field, or of its entry when the field is not written there; null for lists within one line. */
  lineOf(index: number, field: string): number | null {
    const sections = this.#all();
    const own = sections.findIndex((one) => isSamePath(one.path, ["webhooks", index]));
    const entry = sections[own];
    if (entry === undefined) return null;
    const rest = sections.slice(own + 1);
    const next = rest.findIndex(({ path }) => path.length === 2 && typeof path[1] === "number");
    const tables = next === -1 ? rest : rest.slice(0, next);
    const keys = field.split(".");
    for (let depth = keys.length - 1; depth > 0; depth -= 1) {
      // The header of a table inside of the entry does not say which entry that is.
      const table = tables.find(({ path }) => isSamePath(path, ["webhooks", ...keys.slice(0, depth)]));
      if (table !== undefined) return this.#lineIn(table, keys[depth] ?? "");
    }
    return this.#lineIn(entry, keys[0] ?? "");
  }

  #all(): readonly TomlSection[] {
    this.#sections ??= outlineOf(this.#text).sections;
    return this.#sections;
  }

  #lineIn(section: TomlSection, key: string): number {
    const at = section.startsAt + Math.max(0, this.#offsetIn(section, key));
    return this.#text.slice(0, at).split("\n").length;
  }

  /** Where a key is set in a section, from its beginning; -1 when it is not. */
  #offsetIn(section: TomlSection, key: string): number {
    if (key === "") return -1;
    const body = this.#text.slice(section.startsAt, section.insertAt);
    const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return body.search(new RegExp(`^[ \\t]*["']?${escaped}["']?[ \\t]*[=.]`, "m"));
  }
}

function isSamePath(a: readonly (string | number)[], b: readonly (string | number)[]): boolean {
  return a.length === b.length && a.every((part, index) => part === b[index]);
}
