import { isSnowflake } from "../world/snowflake.ts";
import { apiErrors, type ErrorTree, type FieldError } from "./api-error.ts";

/**
 * Reads the fields of a request body and collects every complaint, worded as Discord does
 * (Discord docs: Reference, Error Messages). Call `done` before using what was read.
 */
export class Form {
  readonly #fields: Record<string, unknown>;
  readonly #errors: ErrorTree = {};

  constructor(body: unknown) {
    if (typeof body !== "object" || body === null || Array.isArray(body)) {
      throw apiErrors.invalidForm({ _errors: [dictExpected] });
    }
    this.#fields = body as Record<string, unknown>;
  }

  has(name: string): boolean {
    return this.#fields[name] !== undefined;
  }

  raw(name: string): unknown {
    return this.#fields[name];
  }

  /** Notes a complaint about a field; `path` leads into nested objects. */
  complain(path: readonly string[], error: FieldError): void {
    let node = this.#errors;
    for (const key of path) {
      const next = (node[key] ?? {}) as ErrorTree;
      node[key] = next;
      node = next;
    }
    node._errors = [...((node._errors as readonly FieldError[] | undefined) ?? []), error];
  }

  /** @throws ApiError 50035 with the tree of complaints, when there is any */
  done(): void {
    if (Object.keys(this.#errors).length > 0) throw apiErrors.invalidForm(this.#errors);
  }

  require(name: string): boolean {
    if (this.#fields[name] !== undefined && this.#fields[name] !== null) return true;
    this.complain([name], { code: "BASE_TYPE_REQUIRED", message: "This field is required" });
    return false;
  }

  /** A string of bounded length, or null when absent or null. */
  string(name: string, bounds: { min?: number; max?: number } = {}): string | null {
    const value = this.#fields[name];
    if (value === undefined || value === null) return null;
    if (typeof value !== "string") {
      this.complain([name], {
        code: "STRING_TYPE_CONVERT",
        message: `Could not interpret "${describe(value)}" as string.`,
      });
      return null;
    }
    const length = characters(value);
    const { min, max } = bounds;
    if (min !== undefined && max !== undefined && (length < min || length > max)) {
      this.complain([name], {
        code: "BASE_TYPE_BAD_LENGTH",
        message: `Must be between ${min} and ${max} in length.`,
      });
    } else if (max !== undefined && length > max) {
      this.complain([name], { code: "BASE_TYPE_MAX_LENGTH", message: `Must be ${max} or fewer in length.` });
    }
    return value;
  }

  /** True or false, or null when absent or null. */
  boolean(name: string): boolean | null {
    const value = this.#fields[name];
    if (value === undefined || value === null) return null;
    if (typeof value === "boolean") return value;
    if (value === "true" || value === "True" || value === "1" || value === 1) return true;
    if (value === "false" || value === "False" || value === "0" || value === 0) return false;
    this.complain([name], { code: "BOOLEAN_TYPE_CONVERT", message: "Must be either true or false." });
    return null;
  }

  /** A whole number within bounds, or null when absent or null. */
  integer(name: string, bounds: { min?: number; max?: number } = {}): number | null {
    const value = this.#fields[name];
    if (value === undefined || value === null) return null;
    const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== "number" || !Number.isInteger(number)) {
      this.complain([name], {
        code: "NUMBER_TYPE_COERCE",
        message: `Value "${describe(value)}" is not int.`,
      });
      return null;
    }
    if (bounds.min !== undefined && number < bounds.min) {
      const message = `int value should be greater than or equal to ${bounds.min}.`;
      this.complain([name], { code: "NUMBER_TYPE_MIN", message });
    } else if (bounds.max !== undefined && number > bounds.max) {
      const message = `int value should be less than or equal to ${bounds.max}.`;
      this.complain([name], { code: "NUMBER_TYPE_MAX", message });
    }
    return number;
  }

  /** One of the given values, or null when absent or null. */
  choice<T extends string | number>(name: string, choices: readonly T[]): T | null {
    const value = this.#fields[name];
    if (value === undefined || value === null) return null;
    if (choices.includes(value as T)) return value as T;
    const list = choices.map((one) => (typeof one === "string" ? `'${one}'` : one)).join(", ");
    this.complain([name], { code: "BASE_TYPE_CHOICES", message: `Value must be one of (${list}).` });
    return null;
  }

  /** An id, or null when absent or null. */
  snowflake(name: string): string | null {
    const value = this.#fields[name];
    if (value === undefined || value === null) return null;
    const id = typeof value === "number" && Number.isSafeInteger(value) ? String(value) : value;
    if (isSnowflake(id)) return id;
    this.complain([name], notSnowflake(value));
    return null;
  }

  /** A list of at most `max` entries, or null when absent or null. */
  list(name: string, max: number): readonly unknown[] | null {
    const value = this.#fields[name];
    if (value === undefined || value === null) return null;
    if (!Array.isArray(value)) {
      this.complain([name], {
        code: "LIST_TYPE_CONVERT",
        message: "Only iterables may be used in a ListType",
      });
      return null;
    }
    if (value.length > max) {
      this.complain([name], { code: "BASE_TYPE_MAX_LENGTH", message: `Must be ${max} or fewer in length.` });
    }
    return value as unknown[];
  }

  /** A nested object, or null when absent or null. */
  object(name: string): Record<string, unknown> | null {
    const value = this.#fields[name];
    if (value === undefined || value === null) return null;
    if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
    this.complain([name], dictExpected);
    return null;
  }
}

const dictExpected: FieldError = {
  code: "DICT_TYPE_CONVERT",
  message: "Only dictionaries may be used in a DictType",
};

export function notSnowflake(value: unknown): FieldError {
  return { code: "NUMBER_TYPE_COERCE", message: `Value "${describe(value)}" is not snowflake.` };
}

/** Length in characters as Discord counts them: code points. */
export function characters(text: string): number {
  return [...text].length;
}

function describe(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
