import type { MediaType } from "../../contracts/media-config.ts";

export interface SniffedFile {
  readonly type: MediaType;
  /** Of images, in pixels. */
  readonly width: number | null;
  readonly height: number | null;
}

/**
 * What a file is by its bytes: PNG, JPEG, WebP and GIF with their size in pixels, JSON, or UTF-8 text. Anything
 * that holds an SVG is nothing, because it can carry scripts.
 */
export function sniffFile(bytes: Uint8Array): SniffedFile | null {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return png(data) ?? jpeg(data) ?? webp(data) ?? gif(data) ?? text(data);
}

function png(data: Buffer): SniffedFile | null {
  const isPng = data.length >= 24 && data.subarray(0, 8).equals(Buffer.from("89504e470d0a1a0a", "hex"));
  return isPng ? image("image/png", data.readUInt32BE(16), data.readUInt32BE(20)) : null;
}

/** Walks over the segments to the one that starts a frame (ITU T.81, B.2.2). */
function jpeg(data: Buffer): SniffedFile | null {
  if (data.length < 4 || data.readUInt16BE(0) !== 0xffd8) return null;
  for (let at = 2; at + 9 <= data.length; ) {
    if (data[at] !== 0xff) return null;
    const marker = data[at + 1] ?? 0;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return image("image/jpeg", data.readUInt16BE(at + 7), data.readUInt16BE(at + 5));
    at += marker === 0xff ? 1 : 2 + data.readUInt16BE(at + 2);
  }
  return null;
}

function gif(data: Buffer): SniffedFile | null {
  const isGif = data.length >= 10 && /^GIF8[79]a$/.test(data.toString("latin1", 0, 6));
  return isGif ? image("image/gif", data.readUInt16LE(6), data.readUInt16LE(8)) : null;
}

/** The three forms of a WebP file (WebP container specification). */
function webp(data: Buffer): SniffedFile | null {
  if (data.length < 30 || data.toString("latin1", 0, 4) !== "RIFF") return null;
  if (data.toString("latin1", 8, 12) !== "WEBP") return null;
  switch (data.toString("latin1", 12, 16)) {
    case "VP8 ":
      return image("image/webp", data.readUInt16LE(26) & 0x3fff, data.readUInt16LE(28) & 0x3fff);
    case "VP8L": {
      const bits = data.readUInt32LE(21);
      return image("image/webp", (bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case "VP8X":
      return image("image/webp", data.readUIntLE(24, 3) + 1, data.readUIntLE(27, 3) + 1);
    default:
      return null;
  }
}

function text(data: Buffer): SniffedFile | null {
  if (data.includes(0)) return null;
  let content: string;
  try {
    content = new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    // Not UTF-8: no text.
    return null;
  }
  if (/<svg[\s>/]/i.test(content)) return null;
  return { type: isJson(content) ? "application/json" : "text/plain", width: null, height: null };
}

function isJson(content: string): boolean {
  if (!/^\s*[[{]/.test(content)) return false;
  try {
    JSON.parse(content);
    return true;
  } catch {
    // Text that only begins like JSON.
    return false;
  }
}

function image(type: MediaType, width: number, height: number): SniffedFile | null {
  return width > 0 && height > 0 ? { type, width, height } : null;
}
