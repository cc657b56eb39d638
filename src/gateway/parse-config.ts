import { parse, TomlError, type TomlTable } from "smol-toml";
import { configHash } from "../connectors/router/config-hash.ts";
import { loadRegexEngine } from "../connectors/router/regex-engine.ts";
import { compileRuleSet, type RuleSet } from "../connectors/router/rule-set.ts";
import { GatewayConfig } from "../contracts/gateway-config.ts";
import { PalyraError } from "../platform/errors.ts";
import { routingConfigOf } from "./routing-config.ts";

export interface ParsedConfig {
  readonly config: GatewayConfig;
  /** The routing rules in it, compiled. */
  readonly rules: RuleSet;
  /** 16 hex digits over the meaning of the file: equal for files that differ in comments or order only. */
  readonly hash: string;
}

/**
 * Reads the text of `palyra.toml`.
 * @param text the file; empty for a missing one, which means all defaults
 * @param file its path, for the error
 * @throws `config_invalid` naming the line of a syntax error, or the fields with wrong values
 */
export async function parseConfig(text: string, file: string): Promise<ParsedConfig> {
  const config = validate(parseToml(text, file), file);
  if (hasRegularExpression(config)) await loadRegexEngine();
  return compiled(config, file);
}

/** What a missing or empty file means. */
export function defaultConfig(): ParsedConfig {
  return compiled(GatewayConfig.parse({}), "the defaults");
}

function compiled(config: GatewayConfig, file: string): ParsedConfig {
  return { config, rules: compileRules(config, file), hash: configHash(config).slice(0, 16) };
}

function hasRegularExpression({ router, channels }: GatewayConfig): boolean {
  const rules = [...router.channels, ...Object.values(channels.discord)];
  return rules.some((rule) => rule.mention_patterns?.some((pattern) => typeof pattern !== "string"));
}

/**
 * @param file path of the text, for the error
 * @throws `config_invalid` naming the line of a syntax error
 */
export function parseToml(text: string, file: string): TomlTable {
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

function validate(value: unknown, file: string): GatewayConfig {
  const parsed = GatewayConfig.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join(".") || "the file"}: ${issue.message}`);
  throw new PalyraError("config_invalid", `${file}: ${faults.join("; ")}.`, {
    nextStep: "Correct the named setting; it is read again when the file is saved.",
  });
}

function compileRules(config: GatewayConfig, file: string): RuleSet {
  try {
    return compileRuleSet(routingConfigOf(config));
  } catch (thrown) {
    if (!(thrown instanceof PalyraError)) throw thrown;
    throw new PalyraError(thrown.code, `${file}: ${thrown.message}`, {
      nextStep: thrown.nextStep,
      cause: thrown,
    });
  }
}
