import net from "node:net";

/**
 * Connects to a local socket or named pipe.
 * @param timeoutMs how long the other end has to accept
 * @throws the system's error, or one with the code `ETIMEDOUT`
 */
export function connectLocal(endpoint: string, timeoutMs: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(endpoint);
    const settle = (finish: () => void): void => {
      clearTimeout(deadline);
      socket.off("error", onError);
      socket.off("connect", onConnect);
      finish();
    };
    const onError = (error: Error): void => settle(() => reject(error));
    const onConnect = (): void => settle(() => resolve(socket));
    const deadline = setTimeout(() => {
      settle(() => {
        socket.destroy();
        reject(Object.assign(new Error(`${endpoint} did not accept`), { code: "ETIMEDOUT" }));
      });
    }, timeoutMs);
    socket.on("error", onError);
    socket.on("connect", onConnect);
  });
}
