import type { Socket } from "node:net";
import {
  createMessageConnection,
  type MessageConnection,
  StreamMessageReader,
  StreamMessageWriter,
} from "vscode-jsonrpc/node";
import { FrameGuard } from "./frame-guard.ts";

/** Messages of one peer that may wait for their turn; beyond it nothing more is read from the peer. */
const queueLimit = 500;

/**
 * JSON-RPC over a socket whose peer cannot fill our memory: a message has a largest size, and a peer that
 * sends faster than its messages are handled has to wait.
 * @param maxMessage largest message, in bytes
 * @param fault called with a reason when the peer breaks the framing or a bound: the connection is to be ended
 */
export function boundedConnection(
  socket: Socket,
  maxMessage: number,
  fault: (reason: string) => void,
): MessageConnection {
  let handled = 0;
  const guard: FrameGuard = new FrameGuard(maxMessage, () => guard.frames - handled > queueLimit);
  guard.on("error", (error) => fault(error.message));
  socket.pipe(guard);
  const reader = new StreamMessageReader(guard);
  // The reader's timer for half a message outlives the connection and would keep the process alive.
  reader.partialMessageTimeout = 0;
  const connection = createMessageConnection(reader, new StreamMessageWriter(socket), undefined, {
    messageStrategy: {
      handleMessage: (message, next) => {
        handled += 1;
        guard.resumeWhenRoom();
        return next(message);
      },
    },
  });
  connection.onError(([error]) => fault(error.message));
  return connection;
}
