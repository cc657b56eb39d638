const loopbackNames = ["127.0.0.1", "localhost", "[::1]"];

/**
 * Says whether a request is meant for this server, against DNS rebinding: a web page on a name that
 * suddenly resolves to 127.0.0.1 sends that name as `Host`, and its own origin as `Origin`.
 * @param port the server's own
 * @returns the header that is wrong, or undefined when both are right
 */
export function wrongHeader(
  headers: { readonly host?: string | undefined; readonly origin?: string | undefined },
  port: number,
): "Host" | "Origin" | undefined {
  const hosts = loopbackNames.map((name) => `${name}:${port}`);
  if (!hosts.includes((headers.host ?? "").toLowerCase())) return "Host";
  if (headers.origin === undefined) return undefined;
  return hosts.some((host) => headers.origin?.toLowerCase() === `http://${host}`) ? undefined : "Origin";
}
