import { type Command, Option } from "commander";
import { PairingCodeResponse } from "../../../contracts/http-router.ts";
import { requiredConnector, type SelectorFlags, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { wholeNumber } from "../../option-values.ts";
import { record } from "../../output/record.ts";
import { duration } from "../../render-status.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";

interface Flags {
  readonly start?: boolean;
  readonly issuedBy?: string;
  readonly ttlMs?: number;
}

const what = "make a code with which a person can ask to be paired";

/** Adds `palyra channels pairing-code`. */
export function addPairingCode(channels: Command, shell: Shell): void {
  const command = codeOptions(withSelector(channels.command("pairing-code").description(what)));
  withExamples(command, "palyra channels pairing-code discord");
  command.action(async (named: string | undefined, given: SelectorFlags & Flags) =>
    mint(shell, requiredConnector(named, given), given),
  );
}

/** Adds `palyra channels router mint-pairing-code`. */
export function addMintPairingCode(router: Command, shell: Shell): void {
  const command = codeOptions(router.command("mint-pairing-code").description(what)).requiredOption(
    "--route-channel <connector>",
    "connector such as discord:default",
  );
  withExamples(command, "palyra channels router mint-pairing-code --route-channel discord:default");
  command.action(async (given: Flags & { routeChannel: string }) =>
    mint(shell, requiredConnector(given.routeChannel, {}), given),
  );
}

function codeOptions(command: Command): Command {
  return needsGateway(command)
    .option("--issued-by <name>", "who makes it, as the log shows it")
    .addOption(
      new Option("--ttl-ms <milliseconds>", "how long it can be used").argParser(
        wholeNumber(1, 2_147_483_647),
      ),
    );
}

async function mint(shell: Shell, channel: string, { issuedBy, ttlMs, ...given }: Flags): Promise<void> {
  const body = {
    channel,
    ...(issuedBy === undefined ? {} : { issued_by: issuedBy }),
    ...(ttlMs === undefined ? {} : { ttl_ms: ttlMs }),
  };
  await showFromGateway(shell, given, async (gateway) => {
    const answer = await gateway.post("/channels/router/pairing-codes", body, PairingCodeResponse);
    const { code, issued_by, expires_at_unix_ms } = answer.code;
    return {
      data: answer,
      records: [
        record("channels.router.pairing-code", {
          channel,
          code,
          issued_by,
          expires_at_unix_ms,
          config_hash: answer.config_hash,
        }),
      ],
      lines: (paint, now) => [
        `${paint("bold", visibleText(code))} can be used for ${duration(Math.max(0, expires_at_unix_ms - now))}.`,
        visibleText(`Whoever sends “pair ${code}” to the bot as a direct message asks to be let in.`),
      ],
    };
  });
}
