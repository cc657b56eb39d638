import { type Command, Option } from "commander";
import { OnboardingPlan, TypedToken } from "../../../contracts/http-onboarding.ts";
import { BroadcastStrategy, DirectMessagePolicy, InboundScope } from "../../../contracts/router-config.ts";
import { PalyraError } from "../../../platform/errors.ts";
import type { CommandContext } from "../../command-context.ts";
import type { SelectorFlags } from "../../connector-selector.ts";
import { wholeNumber } from "../../option-values.ts";
import { readSecret } from "../../read-secret.ts";

export interface CredentialFlags extends SelectorFlags {
  readonly start?: boolean;
  readonly credentialStdin?: boolean;
  readonly credentialPrompt?: boolean;
}

export interface PlanFlags {
  readonly inboundScope?: InboundScope;
  readonly allowedChannel?: readonly string[];
  readonly allowedGuild?: readonly string[];
  readonly allowFrom?: readonly string[];
  readonly denyFrom?: readonly string[];
  readonly requireMention?: "true" | "false";
  readonly mentionPattern?: readonly string[];
  readonly concurrencyLimit?: number;
  readonly directMessagePolicy?: DirectMessagePolicy;
  readonly broadcastStrategy?: BroadcastStrategy;
}

/** Adds the ways to give a token; none of them puts it where other programs see it. */
export function withCredential(command: Command): Command {
  return command
    .option("--credential-stdin", "read the bot token from standard input")
    .addOption(
      new Option("--credential-prompt", "ask for the bot token without showing it").conflicts(
        "credentialStdin",
      ),
    );
}

/** Adds what can be said about who is answered. */
export function withPlan(command: Command): Command {
  const many = (text: string, before: readonly string[] = []): string[] => [...before, text];
  return command
    .addOption(
      new Option("--inbound-scope <scope>", "where messages are answered").choices(InboundScope.options),
    )
    .addOption(
      new Option("--allowed-channel <id>", "a channel that is answered; may be repeated").argParser(many),
    )
    .addOption(new Option("--allowed-guild <id>", "only this server; may be repeated").argParser(many))
    .addOption(new Option("--allow-from <id>", "only this person or role; may be repeated").argParser(many))
    .addOption(new Option("--deny-from <id>", "never this person or role; may be repeated").argParser(many))
    .addOption(
      new Option("--require-mention <yes>", "whether messages in channels must mention the bot").choices([
        "true",
        "false",
      ]),
    )
    .addOption(new Option("--mention-pattern <text>", "counts as a mention; may be repeated").argParser(many))
    .addOption(
      new Option("--concurrency-limit <count>", "messages answered at one time").argParser(
        wholeNumber(1, 32),
      ),
    )
    .addOption(
      new Option("--direct-message-policy <policy>", "who may write direct messages").choices(
        DirectMessagePolicy.options,
      ),
    )
    .addOption(
      new Option("--broadcast-strategy <strategy>", "messages that call everybody").choices(
        BroadcastStrategy.options,
      ),
    );
}

/** The plan that the options say. @throws `validation_error` naming the option */
export function planOf(given: PlanFlags): OnboardingPlan {
  const parsed = OnboardingPlan.safeParse({
    inbound_scope: given.inboundScope,
    allowed_channels: given.allowedChannel,
    allowed_guilds: given.allowedGuild,
    allow_from: given.allowFrom,
    deny_from: given.denyFrom,
    require_mention: given.requireMention === undefined ? undefined : given.requireMention === "true",
    mention_patterns: given.mentionPattern,
    concurrency_limit: given.concurrencyLimit,
    direct_message_policy: given.directMessagePolicy,
    broadcast_strategy: given.broadcastStrategy,
  });
  if (parsed.success) {
    // What was not said is left out altogether, so that it stays as it is.
    return Object.fromEntries(
      Object.entries(parsed.data).filter(([, value]) => value !== undefined),
    ) as OnboardingPlan;
  }
  const issue = parsed.error.issues[0];
  throw new PalyraError(
    "validation_error",
    `${String(issue?.path[0] ?? "an option")} ${issue?.message ?? "is wrong"}.`,
  );
}

/** The token that was given, if one was. @throws `validation_error` */
export async function tokenOf(
  { terminal }: CommandContext,
  { credentialStdin, credentialPrompt }: CredentialFlags,
): Promise<{ token?: string }> {
  if (credentialStdin !== true && credentialPrompt !== true) return {};
  if (credentialPrompt === true && !terminal.stdin.isTTY) {
    throw new PalyraError("validation_error", "There is no terminal to ask for the token.", {
      nextStep: "Use --credential-stdin.",
    });
  }
  const token = TypedToken.safeParse(await readSecret(terminal, "Bot token (not shown): "));
  if (token.success) return { token: token.data };
  throw new PalyraError("validation_error", "This is no Discord bot token.", {
    nextStep: "Copy the token alone from Discord's developer portal, under Bot.",
  });
}
