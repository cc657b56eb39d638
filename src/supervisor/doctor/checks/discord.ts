import type { DiscordFinding } from "../../../contracts/self-check.ts";
import { type Check, type DoctorContext, type Finding, worstOf } from "../check.ts";

/** Fewer session starts than this are worth a warning: a bot that reconnects often loses its token. */
const fewStarts = 50;

/** Whether Discord can be reached, takes each account's token, and lets the bot read and connect. */
export const discordCheck: Check = {
  id: "discord",
  title: "Discord",
  async run(context) {
    const { discord, config_problem: problem } = await context.gateway();
    if (problem !== null) return { status: "unknown", evidence: "Not checked: palyra.toml cannot be read." };
    if (discord.length === 0) {
      return {
        status: "ok",
        evidence: "No Discord account is configured.",
      };
    }
    const tokensKnown = (await context.secrets()).kind === "read";
    const findings = await Promise.all(
      discord.map((finding) =>
        finding.outcome === "no_token" && !tokensKnown ? asSeenByGateway(finding, context) : judge(finding),
      ),
    );
    const steps = [...new Set(findings.flatMap(({ nextStep }) => nextStep ?? []))];
    const remedy = findings.find((finding) => finding.remedy !== undefined)?.remedy;
    return {
      status: worstOf(findings.map(({ status }) => status)),
      evidence: findings.map(({ evidence }) => evidence).join(" "),
      ...(steps.length === 0 ? {} : { nextStep: steps.join(" ") }),
      ...(remedy === undefined ? {} : { remedy }),
    };
  },
};

/** Judges what Discord said about one account. Pure. */
export function judge(finding: DiscordFinding): Finding {
  const { account, outcome, bot, problem, session_starts: starts } = finding;
  const told = `${account}: ${problem ?? ""}`;
  const setToken = { title: "Set Discord Token", command: "palyra.setDiscordToken" };
  switch (outcome) {
    case "disabled":
      return { status: "ok", evidence: `${account} is switched off.` };
    case "no_token":
    case "refused":
      return {
        status: "failed",
        evidence: told,
        nextStep: `Store the bot's token with “Palyra: Set Discord Token” or “palyra secrets set”.`,
        remedy: setToken,
      };
    case "unreachable":
      return { status: "failed", evidence: told, nextStep: "Check the network; it is retried by itself." };
    case "no_intent":
      return {
        status: "failed",
        evidence: told,
        nextStep: "Enable the Message Content intent in Discord's developer portal, under Bot.",
      };
    case "ok": {
      const left = starts === null ? "" : ` ${starts.remaining} of ${starts.total} session starts are left.`;
      const evidence = `${account}: Discord takes the token of ${bot ?? "the bot"} and lets it read messages.${left}`;
      if (starts === null || starts.remaining >= fewStarts) return { status: "ok", evidence };
      const hours = Math.ceil(starts.reset_after_ms / 3_600_000);
      return {
        status: starts.remaining === 0 ? "failed" : "warning",
        evidence,
        nextStep: `Do not restart the gateway needlessly; Discord counts anew in ${hours} h.`,
      };
    }
  }
}

/** The running gateway has the token that this host cannot read. */
async function asSeenByGateway({ account }: DiscordFinding, { inspection }: DoctorContext): Promise<Finding> {
  const connectors = (await inspection()).snapshot.gateway?.status.connectors ?? [];
  const connector = connectors.find(({ connector_id: id }) => id === `discord:${account}`);
  if (connector === undefined) {
    return {
      status: "unknown",
      evidence: `${account}: its token is kept by VS Code, and no gateway runs that could be asked.`,
      nextStep: "Run “Palyra: Run Diagnostics” in VS Code.",
    };
  }
  if (connector.last_error !== null && connector.liveness !== "running") {
    const { message, next_step: nextStep } = connector.last_error;
    return { status: "failed", evidence: `${account}: ${message}`, nextStep };
  }
  const works = connector.readiness === "ready" && connector.liveness === "running";
  return {
    status: works ? "ok" : "unknown",
    evidence: `${account}: the running gateway says that it is ${works ? "connected" : "not connected yet"}.`,
  };
}
