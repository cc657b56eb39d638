import { characters, type Form } from "./form.ts";

const MAX_EMBEDS = 10;
const MAX_TOTAL_CHARACTERS = 6000;
const MAX_FIELDS = 25;

/** Reads `embeds` within their limits (Discord docs: Message Resource, Embed Limits). */
export function readEmbeds(form: Form): object[] {
  const embeds = form.list("embeds", MAX_EMBEDS) ?? [];
  let total = 0;
  const read = embeds.map((embed, index) => {
    const path = ["embeds", String(index)];
    if (typeof embed !== "object" || embed === null || Array.isArray(embed)) {
      form.complain(path, {
        code: "MODEL_TYPE_CONVERT",
        message: "Only dictionaries may be used in a ModelType",
      });
      return {};
    }
    const given = embed as Record<string, unknown>;
    total += text(form, [...path, "title"], given.title, 256);
    total += text(form, [...path, "description"], given.description, 4096);
    total += text(form, [...path, "footer", "text"], nested(given.footer).text, 2048);
    total += text(form, [...path, "author", "name"], nested(given.author).name, 256);
    total += fields(form, path, given.fields);
    return { ...given, type: "rich" };
  });
  if (total > MAX_TOTAL_CHARACTERS) {
    form.complain(["embeds"], {
      code: "MAX_EMBED_SIZE_EXCEEDED",
      message: `Embed size exceeds maximum size of ${MAX_TOTAL_CHARACTERS}`,
    });
  }
  return read;
}

function fields(form: Form, path: readonly string[], value: unknown): number {
  if (!Array.isArray(value)) return 0;
  if (value.length > MAX_FIELDS) {
    form.complain([...path, "fields"], {
      code: "BASE_TYPE_MAX_LENGTH",
      message: `Must be ${MAX_FIELDS} or fewer in length.`,
    });
  }
  let total = 0;
  for (const [index, entry] of (value as unknown[]).entries()) {
    const at = [...path, "fields", String(index)];
    const field = nested(entry);
    for (const [name, max] of [
      ["name", 256],
      ["value", 1024],
    ] as const) {
      if (field[name] === undefined || field[name] === null || field[name] === "") {
        form.complain([...at, name], { code: "BASE_TYPE_REQUIRED", message: "This field is required" });
      } else {
        total += text(form, [...at, name], field[name], max);
      }
    }
  }
  return total;
}

function text(form: Form, path: readonly string[], value: unknown, max: number): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== "string") {
    form.complain(path, { code: "STRING_TYPE_CONVERT", message: "Could not interpret the value as string." });
    return 0;
  }
  const length = characters(value.trim());
  if (length > max) {
    form.complain(path, { code: "BASE_TYPE_MAX_LENGTH", message: `Must be ${max} or fewer in length.` });
  }
  return length;
}

function nested(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
