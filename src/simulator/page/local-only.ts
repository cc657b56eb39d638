/**
 * Guards a server on the loopback interface against web pages of other origins: requests must name
 * this host (DNS rebinding), and must not come from another origin.
 *
 * @param port the port this server listens on
 * @returns why the request is refused, or null
 */
export function refusalReason(
  headers: { host?: string | undefined; origin?: string | undefined; "sec-fetch-site"?: string | undefined },
  port: number,
): string | null {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? "")) return "This server answers only to 127.0.0.1 and localhost.";
  const { origin } = headers;
  if (origin !== undefined && !hosts.some((host) => origin === `http://${host}`)) {
    return "Requests from other web sites are refused.";
  }
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    return "Requests from other web sites are refused.";
  return null;
}
