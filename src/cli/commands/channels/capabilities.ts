import type { Command } from "commander";
import type { ConnectorCapabilities } from "../../../contracts/connector-operations.ts";
import { ChannelsResponse } from "../../../contracts/http-channels.ts";
import { PalyraError } from "../../../platform/errors.ts";
import { type SelectorFlags, selectedConnector, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { table } from "../../output/table.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";

/** A provider and what it can do. */
type Provider = ChannelsResponse["providers"][number];

/** Adds `palyra channels capabilities`: what a provider can do; all providers when none is named. */
export function addCapabilities(channels: Command, shell: Shell): void {
  const capabilities = needsGateway(
    withSelector(channels.command("capabilities").description("show what a provider can do")),
  );
  withExamples(capabilities, "palyra channels capabilities discord", "palyra channels capabilities");
  capabilities.action(async (named: string | undefined, given: SelectorFlags & { start?: boolean }) => {
    const id = selectedConnector(named, given);
    await showFromGateway(shell, given, async (gateway) => {
      const { providers } = await gateway.get("/channels", ChannelsResponse);
      return capabilitiesAnswer(id === null ? providers : [providerOf(providers, id)]);
    });
  });
}

/** @throws `not_found` */
export function providerOf(providers: readonly Provider[], connectorId: string): Provider {
  const kind = connectorId.slice(0, connectorId.indexOf(":"));
  const provider = providers.find((one) => one.kind === kind);
  if (provider !== undefined) return provider;
  throw new PalyraError("not_found", `There is no provider “${kind}”.`, {
    nextStep: `Use ${providers.map((one) => one.kind).join(", ")}.`,
  });
}

function capabilitiesAnswer(providers: readonly Provider[]): Answer {
  return {
    data: { providers },
    records: providers.map((provider) => {
      const { message, ...rest } = provider.capabilities;
      const names = (of: Record<string, { supported: boolean }>, supported: boolean): string[] =>
        Object.entries(of).flatMap(([name, one]) => (one.supported === supported ? [name] : []));
      return record("channels.capabilities", {
        provider: provider.kind,
        availability: provider.availability,
        supported: names(rest, true),
        unsupported: names(rest, false),
        message_supported: names(message, true),
        message_unsupported: names(message, false),
      });
    }),
    lines: (paint, _now, width) => {
      const shown = flat(providers[0]?.capabilities);
      const rows = shown.map(([name]) => [
        name,
        ...providers.map(({ capabilities }) => {
          const supported = flat(capabilities).find(([other]) => other === name)?.[1] ?? false;
          return supported ? { text: "yes", style: "green" as const } : { text: "no", style: "dim" as const };
        }),
      ]);
      return table(["", ...providers.map(({ kind }) => kind)], rows, paint, width);
    },
  };
}

function flat(capabilities: ConnectorCapabilities | undefined): [name: string, supported: boolean][] {
  if (capabilities === undefined) return [];
  const { message, ...rest } = capabilities;
  return [
    ...Object.entries(rest).map(([name, one]): [string, boolean] => [
      name.replaceAll("_", " "),
      one.supported,
    ]),
    ...Object.entries(message).map(([name, one]): [string, boolean] => [
      `message ${name.replaceAll("_", " ")}`,
      one.supported,
    ]),
  ];
}
