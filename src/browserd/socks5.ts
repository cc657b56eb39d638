import type { Socket } from "node:net";
import ipaddr from "ipaddr.js";
import { ByteReader } from "./byte-reader.ts";

/** The host and port that a SOCKS5 client wants to be connected to. */
export interface SocksTarget {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reply codes of RFC 1928 section 6. */
const replyCodes = {
  succeeded: 0,
  notAllowed: 2,
  hostUnreachable: 4,
  connectionRefused: 5,
  commandNotSupported: 7,
} as const;
export type SocksReply = keyof typeof replyCodes;

const version = 5;
const noAuthentication = 0;
const noAcceptableMethod = 0xff;
const connectCommand = 1;
const addressTypes = { ipv4: 1, name: 3, ipv6: 4 } as const;

/**
 * Reads the greeting and the request of a SOCKS5 client that wants CONNECT without authentication.
 * Rejects on anything else, and when the signal aborts.
 * @see RFC 1928 sections 3 and 4
 */
export async function readSocksRequest(client: Socket, signal: AbortSignal): Promise<SocksTarget> {
  const bytes = new ByteReader(client, signal);
  const [greetingVersion, methodCount] = await bytes.take(2);
  if (greetingVersion !== version) throw new Error("The client does not speak SOCKS5.");
  const methods = await bytes.take(methodCount ?? 0);
  if (!methods.includes(noAuthentication)) {
    client.end(Buffer.from([version, noAcceptableMethod]));
    throw new Error("The client offers no method without authentication.");
  }
  client.write(Buffer.from([version, noAuthentication]));
  const [, command, , addressType] = await bytes.take(4);
  if (command !== connectCommand) {
    await writeSocksReply(client, "commandNotSupported");
    throw new Error("The client asks for something other than CONNECT.");
  }
  const host = await readHost(bytes, addressType);
  const port = (await bytes.take(2)).readUInt16BE();
  bytes.release();
  return { host, port };
}

/** Answers a request; the bound address is not told, as clients of CONNECT do not need it. */
export async function writeSocksReply(client: Socket, reply: SocksReply): Promise<void> {
  const bytes = Buffer.from([version, replyCodes[reply], 0, addressTypes.ipv4, 0, 0, 0, 0, 0, 0]);
  await new Promise<void>((resolve, reject) => {
    client.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

async function readHost(bytes: ByteReader, type: number | undefined): Promise<string> {
  if (type === addressTypes.ipv4 || type === addressTypes.ipv6) {
    const address = await bytes.take(type === addressTypes.ipv4 ? 4 : 16);
    return ipaddr.fromByteArray([...address]).toString();
  }
  if (type !== addressTypes.name) throw new Error("The client sends an unknown kind of address.");
  const length = (await bytes.take(1)).readUInt8();
  if (length === 0) throw new Error("The client sends an empty host name.");
  return (await bytes.take(length)).toString("latin1").replace(/^\[|\]$/g, "");
}
