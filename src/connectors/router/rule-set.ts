import type { RouteRule, RouterChannel, RouterConfig } from "../../contracts/router-config.ts";
import { messageOf, PalyraError } from "../../platform/errors.ts";
import { canonicalConversation, canonicalGuild, isUnknown, providerOf } from "./canonical-ids.ts";
import { configHash } from "./config-hash.ts";
import { matchesGlob } from "./glob.ts";
import { type CompiledRule, compileRule, effectiveRule, type RuleLayer } from "./route-rule.ts";

/** Conversations whose rule is remembered; beyond that it is looked up again. */
const rememberedPlaces = 4_096;

/** What the configuration says about routing. */
export interface RoutingConfig {
  readonly router: RouterConfig;
  /** Sections of accounts by connector id, e.g. `discord:default`. */
  readonly accounts: Readonly<Record<string, { readonly origin: string; readonly rule: RouteRule }>>;
}

/** Where a message was written, in canonical ids. */
export interface Place {
  readonly conversation: string | null;
  /** Conversation a thread belongs to. */
  readonly parent: string | null;
  readonly guild: string | null;
}

/** All routing rules, compiled. Immutable to its users: a changed configuration makes a new one. */
export interface RuleSet {
  readonly router: RouterConfig;
  /** SHA-256 over the canonical JSON of what it was made from, 64 hex digits. */
  readonly hash: string;
  ruleFor(channel: string, place: Place): CompiledRule;
}

interface PatternLayer {
  readonly layer: RuleLayer;
  readonly channel: string;
  /** Canonical ids or patterns of the conversations it is for; null for all. */
  readonly places: readonly string[] | null;
}

/**
 * Compiles the rules of all connectors.
 * @throws `config_invalid` with the path of the place whose rule cannot be used
 */
export function compileRuleSet(config: RoutingConfig): RuleSet {
  const patterns = config.router.channels.map(patternLayer);
  checkEveryLayer(config, patterns);
  const remembered = new Map<string, CompiledRule>();
  const compiled = new Map<string, CompiledRule>();
  return {
    router: config.router,
    hash: configHash(config),
    ruleFor(channel, place) {
      const id = channel.trim().toLowerCase();
      const key = JSON.stringify([id, place.conversation, place.parent, place.guild]);
      const known = remembered.get(key);
      if (known !== undefined) return known;
      const layers = layersFor(config, patterns, id, place);
      const origins = layers.map((layer) => layer.origin);
      const sharedKey = JSON.stringify([id, origins]);
      const rule =
        compiled.get(sharedKey) ?? compileRule(providerOf(id), effectiveRule(config.router, layers), origins);
      compiled.set(sharedKey, rule);
      if (remembered.size >= rememberedPlaces) {
        remembered.clear();
        compiled.clear();
      }
      remembered.set(key, rule);
      return rule;
    },
  };
}

/** From the most general to the closest; among equals in the order of the file. */
function layersFor(
  config: RoutingConfig,
  patterns: readonly PatternLayer[],
  channel: string,
  place: Place,
): RuleLayer[] {
  const matching = patterns.filter(
    (pattern) => matchesGlob(pattern.channel, channel) && isFor(pattern, channel, place),
  );
  const closer = (wanted: (pattern: PatternLayer) => boolean): RuleLayer[] =>
    matching.filter(wanted).map((pattern) => pattern.layer);
  const account = config.accounts[channel];
  return [
    ...closer((pattern) => pattern.places === null && pattern.channel.includes("*")),
    ...(account === undefined ? [] : [account]),
    ...closer((pattern) => pattern.places === null && !pattern.channel.includes("*")),
    ...closer((pattern) => pattern.places !== null),
  ];
}

function isFor(pattern: PatternLayer, channel: string, place: Place): boolean {
  if (pattern.places === null) return true;
  const provider = providerOf(channel);
  const ids = [place.conversation, place.parent, place.guild].filter((id) => id !== null);
  return pattern.places.some((raw) => {
    const wanted = canonicalPlace(provider, raw);
    return !isUnknown(wanted) && ids.some((id) => matchesGlob(wanted, id));
  });
}

function canonicalPlace(provider: string, raw: string): string {
  const place = raw.trim().toLowerCase();
  const isGuild = place.startsWith("guild:") || place.startsWith(`${provider}:guild:`);
  return isGuild ? canonicalGuild(provider, place) : canonicalConversation(provider, place);
}

function patternLayer(entry: RouterChannel, index: number): PatternLayer {
  const { channel, conversations, ...rule } = entry;
  return {
    layer: { origin: `router.channels.${index}`, rule },
    channel,
    places: conversations ?? null,
  };
}

/** Every pattern is tried when the configuration is read, not when the first message comes. */
function checkEveryLayer(config: RoutingConfig, patterns: readonly PatternLayer[]): void {
  const layers = [...Object.values(config.accounts), ...patterns.map((pattern) => pattern.layer)];
  for (const layer of layers) {
    try {
      compileRule("any", effectiveRule(config.router, [layer]), []);
    } catch (thrown) {
      if (!(thrown instanceof PalyraError)) throw thrown;
      throw new PalyraError(thrown.code, `${layer.origin}.mention_patterns: ${messageOf(thrown)}`, {
        nextStep: thrown.nextStep,
        cause: thrown,
      });
    }
  }
}
