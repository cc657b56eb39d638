import type { Command } from "commander";
import { onboardingTimes } from "../../../contracts/http-onboarding.ts";
import { selectedAccount, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { record } from "../../output/record.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";
import { visibleText } from "../../visible-text.ts";
import { type CredentialFlags, tokenOf, withCredential } from "./account-options.ts";
import { DiscordSetup } from "./discord-setup.ts";

/** Adds `palyra channels login`. */
export function addLogin(channels: Command, shell: Shell): void {
  const login = withCredential(
    needsGateway(
      withSelector(
        channels
          .command("login")
          .description(
            "switch an account on and connect it, with its stored token unless another one is given",
          ),
      ),
    ),
  );
  withExamples(
    login,
    "palyra channels login discord",
    "palyra channels login discord --credential-prompt",
    "palyra channels login --provider discord --credential-stdin < token.txt",
  );
  login.action(async (named: string | undefined, given: CredentialFlags) => {
    const account = selectedAccount(named, given);
    const token = await tokenOf(shell.context(), given);
    await showFromGateway(
      shell,
      given,
      async (gateway) => {
        const request = { account_id: account, timeout_ms: onboardingTimes.connectDefault, ...token };
        const answer = await new DiscordSetup(gateway).login(request);
        return {
          data: answer,
          records: [
            record("channels.login", {
              provider: "discord",
              connector_id: answer.connector_id,
              bot: answer.bot.username,
              token_stored: answer.token_stored,
            }),
          ],
          lines: () => [visibleText(`${answer.connector_id} is connected as ${answer.bot.username}.`)],
        };
      },
      "Connecting",
    );
  });
}
