import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";

/** The answer of a tool, taken apart. */
interface ToolOutcome {
  readonly isError: boolean;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly image: { readonly bytes: Buffer; readonly mimeType: string } | undefined;
  /** Code of an error, undefined for a success. */
  readonly code: string | undefined;
}

export interface ToolClient {
  readonly client: Client;
  call(tool: string, input?: Record<string, unknown>): Promise<ToolOutcome>;
  /** The reference of the first snapshot line that contains the text. Takes a snapshot. */
  refOf(text: string): Promise<string>;
  close(): Promise<void>;
}

/** Connects the SDK's client to a daemon. */
export async function connectClient(port: number, token: string): Promise<ToolClient> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`), {
    requestInit: { headers: { Authorization: `Bearer ${token}` } },
  });
  // The SDK's own types disagree about an optional property under exactOptionalPropertyTypes.
  await client.connect(transport as Parameters<Client["connect"]>[0]);
  const call = async (tool: string, input: Record<string, unknown> = {}): Promise<ToolOutcome> => {
    const answer = await client.callTool({ name: tool, arguments: input });
    const result = CallToolResultSchema.parse(answer);
    const text = result.content.map((part) => (part.type === "text" ? part.text : "")).join("");
    const image = result.content.find((part) => part.type === "image");
    const data = result.structuredContent ?? {};
    const error = data.error;
    return {
      isError: result.isError === true,
      text,
      data,
      image:
        image?.type === "image"
          ? { bytes: Buffer.from(image.data, "base64"), mimeType: image.mimeType }
          : undefined,
      code: typeof error === "object" && error !== null && "code" in error ? String(error.code) : undefined,
    };
  };
  return {
    client,
    call,
    async refOf(text) {
      const snapshot = await call("browser_snapshot");
      const line = snapshot.text.split("\n").find((candidate) => candidate.includes(text));
      const ref = /\[ref=(e\d+)\]/.exec(line ?? "")?.[1];
      if (ref === undefined) throw new Error(`No reference for “${text}” in:\n${snapshot.text}`);
      return ref;
    },
    async close() {
      await transport.terminateSession();
      await client.close();
    },
  };
}
