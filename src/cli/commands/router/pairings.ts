import type { Command } from "commander";
import type { z } from "zod";
import { PairingsResponse } from "../../../contracts/http-router.ts";
import { type SelectorFlags, selectedConnector, withSelector } from "../../connector-selector.ts";
import { withExamples } from "../../examples.ts";
import { type GatewayClient, query } from "../../gateway-client.ts";
import type { Answer } from "../../output/answer.ts";
import { record } from "../../output/record.ts";
import { type Cell, table } from "../../output/table.ts";
import { duration } from "../../render-status.ts";
import { needsGateway, type Shell, showFromGateway } from "../../shell.ts";

const what = "show codes in force, people who wait and people who are paired";

/** Adds `palyra channels router pairings`. */
export function addRouterPairings(router: Command, shell: Shell): void {
  const pairings = needsGateway(router.command("pairings").description(what)).option(
    "--route-channel <connector>",
    "only those of this connector",
  );
  withExamples(pairings, "palyra channels router pairings");
  pairings.action(async (given: { start?: boolean; routeChannel?: string }) => {
    const id = selectedConnector(given.routeChannel, {});
    await showFromGateway(shell, given, (gateway) => askPairings(gateway, id));
  });
}

/** Adds `palyra channels pairings`. */
export function addPairings(channels: Command, shell: Shell): void {
  const pairings = needsGateway(withSelector(channels.command("pairings").description(what)));
  withExamples(pairings, "palyra channels pairings discord");
  pairings.action(async (named: string | undefined, given: SelectorFlags & { start?: boolean }) => {
    const id = selectedConnector(named, given);
    await showFromGateway(shell, given, (gateway) => askPairings(gateway, id));
  });
}

async function askPairings(gateway: GatewayClient, id: string | null): Promise<Answer> {
  const path = `/channels/router/pairings${query({ channel: id ?? undefined })}`;
  return pairingsAnswer(await gateway.get(path, PairingsResponse));
}

function pairingsAnswer(answer: z.infer<typeof PairingsResponse>): Answer {
  const { pairings, config_hash } = answer;
  return {
    data: answer,
    records: [
      record("channels.router.pairings", { config_hash, channels: pairings.length }),
      ...pairings.flatMap(({ channel, active_codes, pending, paired }) => [
        record("channels.router.pairing", {
          channel,
          pending: pending.length,
          paired: paired.length,
          active_codes: active_codes.length,
        }),
        ...pending.map((one) => record("channels.router.pairing.pending", { channel, ...one })),
        ...paired.map((one) => record("channels.router.pairing.grant", { channel, ...one })),
        ...active_codes.map((one) => record("channels.router.pairing.code", { channel, ...one })),
      ]),
    ],
    lines: (paint, now, width) => {
      const left = (until: number): string => `${duration(Math.max(0, until - now))} left`;
      const rows: Cell[][] = pairings.flatMap(({ channel, active_codes, pending, paired }) => [
        ...pending.map((one) => [
          channel,
          { text: "waits", style: "yellow" as const },
          one.sender,
          left(one.expires_at_unix_ms),
        ]),
        ...paired.map((one) => [
          channel,
          { text: "paired", style: "green" as const },
          one.sender,
          left(one.expires_at_unix_ms),
        ]),
        ...active_codes.map((one) => [channel, "code", one.code, left(one.expires_at_unix_ms)]),
      ]);
      if (rows.length > 0) return table(["connector", "state", "who or code", "until"], rows, paint, width);
      return [
        "Nobody is paired and no code is in force.",
        "Make one with “palyra channels pairing-code discord”.",
      ];
    },
  };
}
