/** Headers that tell how a request reached the port. */
export interface CallerHeaders {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}

const loopbackNames = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Whether a request was addressed to this port on the loopback interface, and comes from no foreign web
 * page: the guard against DNS rebinding, where a page's own name is made to resolve to 127.0.0.1.
 * @param port the port the request arrived on
 * @returns null when it is fine, else why not
 */
export function refusalOfCaller(headers: CallerHeaders, port: number): string | null {
  if (headers.host === undefined || !isOwnAuthority(headers.host, port)) {
    return "The request names a host that is not this gateway's loopback address.";
  }
  if (headers.origin === undefined) return null;
  const scheme = /^https?:\/\//.exec(headers.origin)?.[0];
  if (scheme !== undefined && isOwnAuthority(headers.origin.slice(scheme.length), port)) return null;
  return "The request comes from a web page of another origin.";
}

/**
 * Whether a request is one for a webhook, under a name that the owner has chosen for them. Only signatures count
 * there, so that a name made to resolve to this machine is of no use to anybody; a web page is none of the senders.
 * @param hosts names in lower case
 */
export function isPublicHook(path: string, headers: CallerHeaders, hosts: readonly string[]): boolean {
  if (!path.startsWith("/hooks/") || headers.origin !== undefined) return false;
  const name = (headers.host ?? "").toLowerCase().replace(/:\d{1,5}$/, "");
  return hosts.includes(name);
}

function isOwnAuthority(authority: string, port: number): boolean {
  const match = /^(.*?)(?::(\d{1,5}))?$/.exec(authority.toLowerCase());
  const name = match?.[1] ?? "";
  return loopbackNames.has(name) && Number(match?.[2] ?? 80) === port;
}
