import { PalyraError } from "../../platform/errors.ts";

const discordRestHost = /^(?:[a-z0-9-]+\.)?discord\.com$/;
const discordGatewayHost = /^(?:[a-z0-9-]+\.)*discord\.gg$/;
/** Discord's servers for files (Discord reference, "Image formatting" and attachments). */
const discordFileHost = /^(?:cdn\.discordapp\.com|media\.discordapp\.net)$/;

/**
 * Checks the configured base of the REST API.
 * @throws `config_invalid` when it has credentials, a query or a fragment, or names Discord without TLS
 */
export function checkApiBase(apiBase: string): URL {
  const url = new URL(apiBase);
  const fault =
    url.username !== "" || url.password !== ""
      ? "may not contain credentials"
      : url.search !== "" || url.hash !== ""
        ? "may not have a query or fragment"
        : discordRestHost.test(url.hostname) && url.protocol !== "https:"
          ? "must use https for Discord"
          : null;
  if (fault !== null) throw new PalyraError("config_invalid", `The Discord api_base ${fault}.`);
  return url;
}

/**
 * Whether the bot token may be sent to a gateway address that came out of an answer: Discord's gateway
 * hosts belong to Discord's API, any other server must use its own host, which on this machine has several names. Plain `ws:` only beside `http:`.
 */
export function mayConnectTo(gatewayUrl: string, apiBase: URL): boolean {
  if (!URL.canParse(gatewayUrl)) return false;
  const gateway = new URL(gatewayUrl);
  const isSecure = gateway.protocol === "wss:";
  if (!isSecure && !(gateway.protocol === "ws:" && apiBase.protocol === "http:")) return false;
  if (gateway.username !== "" || gateway.password !== "") return false;
  return discordRestHost.test(apiBase.hostname)
    ? discordGatewayHost.test(gateway.hostname)
    : gateway.hostname === apiBase.hostname || (isLoopback(gateway) && isLoopback(apiBase));
}

/** The names of this machine for itself. */
const loopbackNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

function isLoopback({ hostname }: URL): boolean {
  return loopbackNames.has(hostname);
}

/** Whether a request with the bot token may go to an address: only to the configured API, below its path. */
export function mayRequest(url: string, apiBase: URL): boolean {
  if (!URL.canParse(url)) return false;
  const target = new URL(url);
  const root = apiBase.pathname.replace(/\/+$/, "");
  return (
    target.origin === apiBase.origin &&
    target.username === "" &&
    target.password === "" &&
    target.pathname.startsWith(`${root}/`)
  );
}

/**
 * Whether a file may be fetched from an address that came with a message. Discord's files are on its own file
 * servers, over https; any other server must keep them on its own host. A name that is allowed cannot be pointed
 * elsewhere: over https the certificate must be of that name, and without it only the configured server is reached.
 */
export function mayDownload(url: string, apiBase: URL): boolean {
  if (!URL.canParse(url)) return false;
  const file = new URL(url);
  if (file.username !== "" || file.password !== "") return false;
  if (discordRestHost.test(apiBase.hostname)) {
    return file.protocol === "https:" && file.port === "" && discordFileHost.test(file.hostname);
  }
  return file.origin === apiBase.origin;
}
