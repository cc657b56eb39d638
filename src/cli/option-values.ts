import { InvalidArgumentError, Option } from "commander";
import { RE2JS, RE2JSSyntaxException } from "re2js";
import { serviceDisplayNames, serviceKinds } from "../contracts/service-kinds.ts";
import type { ServiceKind } from "../contracts/services.ts";
import { momentOf } from "../supervisor/log-filter.ts";

/** Reads a whole number of a range from an option. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isInteger(value) && value >= from && value <= to) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${from} to ${to}.`);
  };
}

/** `--is-direct-message`, alone or with `true` or `false`: another spelling of `--no-direct-message`. */
export function directMessageSpelling(): Option {
  return new Option("--is-direct-message [yes]", "whether it is a direct message")
    .argParser((text: string) => {
      if (text === "true" || text === "false") return text === "true";
      throw new InvalidArgumentError("It must be true or false.");
    })
    .preset("true")
    .hideHelp();
}

/** A service by its kind or by the name of its process. */
export function serviceByName(text: string): ServiceKind {
  const kind = serviceKinds.find(
    (candidate) => candidate === text || serviceDisplayNames[candidate] === text,
  );
  if (kind !== undefined) return kind;
  throw new InvalidArgumentError(`It must be ${serviceKinds.join(" or ")}.`);
}

/** A moment before now, such as `10m`, or a date; in Unix milliseconds. */
export function pastMoment(text: string): number {
  const moment = momentOf(text, Date.now());
  if (moment !== null) return moment;
  throw new InvalidArgumentError("It must be like 90s, 10m, 2h, 7d or 2026-01-31T12:00.");
}

/** A regular expression without regard to case, matched in linear time. */
export function textPattern(text: string): (line: string) => boolean {
  try {
    const pattern = RE2JS.compile(text, RE2JS.CASE_INSENSITIVE);
    return (line) => pattern.matcher(line).find();
  } catch (thrown) {
    if (!(thrown instanceof RE2JSSyntaxException)) throw thrown;
    throw new InvalidArgumentError(`It is not a regular expression: ${thrown.message}.`);
  }
}
