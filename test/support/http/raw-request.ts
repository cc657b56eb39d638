import net from "node:net";

/** What a port answers to bytes that no client library would send, until it closes or the envelope's end is there. */
export function rawRequest(
  port: number,
  bytes: string,
): Promise<{ status: number; head: string; body: string }> {
  return new Promise((resolve, reject) => {
    let text = "";
    const done = (): void => {
      socket.destroy();
      const [head = "", body = ""] = text.split("\r\n\r\n", 2);
      resolve({ status: Number(head.split(" ")[1]), head, body });
    };
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes, "latin1"));
    socket.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.endsWith("}")) done();
    });
    socket.on("end", done);
    socket.on("error", reject);
  });
}
