import zlib from "node:zlib";

export type Transport = "none" | "zlib-stream" | "zstd-stream";

/** Turns a payload's text into what goes over one WebSocket connection. */
export interface Encoder {
  /** Calls `send` with the encoded frame; frames keep their order. */
  encode(text: string, send: (frame: string | Buffer) => void): void;
  /** Calls `run` when every earlier frame has been handed over. */
  afterPending(run: () => void): void;
  end(): void;
}

/** @param transport as asked for in the gateway URL (Discord docs: Gateway, Transport Compression) */
export function createEncoder(transport: Transport): Encoder {
  if (transport === "none") return plainEncoder;
  return transport === "zlib-stream"
    ? streamEncoder(zlib.createDeflate(), zlib.constants.Z_SYNC_FLUSH)
    : streamEncoder(zlib.createZstdCompress(), zlib.constants.ZSTD_e_flush);
}

const plainEncoder: Encoder = {
  encode: (text, send) => send(text),
  afterPending: (run) => run(),
  end: () => undefined,
};

function streamEncoder(stream: zlib.Deflate | zlib.ZstdCompress, flushKind: number): Encoder {
  return {
    encode(text, send) {
      stream.write(text);
      stream.flush(flushKind, () => {
        const chunks: Buffer[] = [];
        for (
          let chunk = stream.read() as Buffer | null;
          chunk !== null;
          chunk = stream.read() as Buffer | null
        ) {
          chunks.push(chunk);
        }
        send(Buffer.concat(chunks));
      });
    },
    afterPending: (run) => stream.flush(flushKind, run),
    end: () => stream.destroy(),
  };
}
