import type { GatewayFindings } from "../../contracts/self-check.ts";
import { detailsOf, PalyraError } from "../../platform/errors.ts";
import { readRegularFile } from "../../platform/read-regular-file.ts";
import { statePaths } from "../../platform/state-paths.ts";
import { productVersion } from "../../platform/version.ts";
import { runSelfCheck } from "../../sidecar/run-self-check.ts";
import { type ParsedConfig, parseConfig } from "../parse-config.ts";
import { readConfigText } from "../read-config-text.ts";
import { checkDiscordAccount } from "./check-discord-account.ts";
import { checkStore } from "./check-store.ts";

/**
 * The gateway's check mode: configuration, store and Discord, without serving anything.
 * @param bundleUrl `import.meta.url` of the program's entry, beside which the store finds its files
 */
export async function checkGateway(bundleUrl: string): Promise<void> {
  await runSelfCheck(async (request): Promise<GatewayFindings> => {
    const paths = statePaths(request.state_root);
    const config = await readConfig(paths.gatewayConfig);
    const accounts = Object.entries(config.parsed?.config.channels.discord ?? {});
    const [store, discord] = await Promise.all([
      checkStore(paths.storeDir, request.store, bundleUrl),
      Promise.all(
        accounts.map(([account, settings]) => checkDiscordAccount(account, settings, request.discord_tokens)),
      ),
    ]);
    const provider = config.parsed?.config.model.provider;
    return {
      service: "gateway",
      version: productVersion,
      config_problem: config.problem,
      config_exists: config.exists,
      store,
      discord,
      // The built-in echo needs neither network nor key.
      model: provider === undefined ? null : { provider, problem: null },
    };
  });
}

interface ReadConfig {
  readonly exists: boolean;
  readonly parsed: ParsedConfig | null;
  readonly problem: GatewayFindings["config_problem"];
}

async function readConfig(file: string): Promise<ReadConfig> {
  try {
    const exists = (await readRegularFile(file)).kind !== "missing";
    return { exists, parsed: await parseConfig(await readConfigText(file), file), problem: null };
  } catch (thrown) {
    if (!(thrown instanceof PalyraError)) throw thrown;
    return { exists: true, parsed: null, problem: detailsOf(thrown) };
  }
}
