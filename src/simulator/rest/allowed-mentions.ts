import { type AllowedMentions, DEFAULT_ALLOWED_MENTIONS } from "../world/mentions.ts";
import { isSnowflake } from "../world/snowflake.ts";
import { type Form, notSnowflake } from "./form.ts";

const PARSE_TYPES = ["users", "roles", "everyone"] as const;

/** Reads `allowed_mentions`, and refuses contradictions (Discord docs: Allowed Mentions Object). */
export function readAllowedMentions(form: Form): AllowedMentions {
  const given = form.object("allowed_mentions");
  if (given === null) return DEFAULT_ALLOWED_MENTIONS;
  const parse = readParse(form, given.parse);
  const users = readIds(form, "users", given.users);
  const roles = readIds(form, "roles", given.roles);
  for (const [kind, ids] of [
    ["users", users],
    ["roles", roles],
  ] as const) {
    if (parse.includes(kind) && ids.length > 0) {
      form.complain(["allowed_mentions"], {
        code: "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        message: `parse:["${kind}"] and ${kind}: [ids...] are mutually exclusive.`,
      });
    }
  }
  if (
    given.replied_user !== undefined &&
    given.replied_user !== null &&
    typeof given.replied_user !== "boolean"
  ) {
    form.complain(["allowed_mentions", "replied_user"], {
      code: "BOOLEAN_TYPE_CONVERT",
      message: "Must be either true or false.",
    });
  }
  return { parse, users, roles, repliedUser: given.replied_user === true };
}

function readParse(form: Form, value: unknown): AllowedMentions["parse"] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) {
    form.complain(["allowed_mentions", "parse"], {
      code: "LIST_TYPE_CONVERT",
      message: "Only iterables may be used in a ListType",
    });
    return [];
  }
  const found: AllowedMentions["parse"][number][] = [];
  for (const [index, entry] of (value as unknown[]).entries()) {
    const known = PARSE_TYPES.find((type) => type === entry);
    if (known === undefined) {
      form.complain(["allowed_mentions", "parse", String(index)], {
        code: "BASE_TYPE_CHOICES",
        message: "Value must be one of ('users', 'roles', 'everyone').",
      });
    } else if (found.includes(known)) {
      form.complain(["allowed_mentions", "parse"], {
        code: "SET_TYPE_ALREADY_CONTAINS_VALUE",
        message: "The set already contains this value",
      });
    } else {
      found.push(known);
    }
  }
  return found;
}

function readIds(form: Form, name: "users" | "roles", value: unknown): readonly string[] {
  if (value === undefined || value === null || value === false) return [];
  if (!Array.isArray(value)) {
    form.complain(["allowed_mentions", name], {
      code: "LIST_TYPE_CONVERT",
      message: "Only iterables may be used in a ListType",
    });
    return [];
  }
  if (value.length > 100) {
    form.complain(["allowed_mentions", name], {
      code: "BASE_TYPE_MAX_LENGTH",
      message: "Must be 100 or fewer in length.",
    });
  }
  const ids: string[] = [];
  for (const [index, entry] of (value as unknown[]).entries()) {
    const id = typeof entry === "number" ? String(entry) : entry;
    if (isSnowflake(id)) ids.push(id);
    else form.complain(["allowed_mentions", name, String(index)], notSnowflake(entry));
  }
  return ids;
}
