import { crc32 } from "node:zlib";

/**
 * The image: a plain SQLite file, followed by 32 bytes that SQLite does not look at (its header says how
 * many pages there are): magic "PALYIMG1" | u32 format | u32 generation | u64 sequence | u32 crc of all
 * before it | u32 0. All numbers are little-endian.
 */
export interface ImageTrailer {
  readonly format: number;
  readonly generation: number;
  /** The last transaction that the image contains. */
  readonly sequence: number;
}

const magic = Buffer.from("PALYIMG1", "latin1");
export const imageFormat = 1;
const trailerBytes = 32;

/** @param database the exported SQLite file */
export function encodeImage(
  database: Uint8Array,
  generation: number,
  sequence: number,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(database.length + trailerBytes);
  bytes.set(database, 0);
  const trailer = Buffer.from(bytes.buffer, database.length, trailerBytes);
  magic.copy(trailer, 0);
  trailer.writeUInt32LE(imageFormat, 8);
  trailer.writeUInt32LE(generation, 12);
  trailer.writeBigUInt64LE(BigInt(sequence), 16);
  trailer.writeUInt32LE(crc32(bytes.subarray(0, bytes.length - 8)), 24);
  return bytes;
}

/** What the end of an image says of it, without a look at the rest; null when it does not end like one. */
export function readTrailer(bytes: Uint8Array): ImageTrailer | null {
  if (bytes.length < trailerBytes) return null;
  const trailer = Buffer.from(bytes.buffer, bytes.byteOffset + bytes.length - trailerBytes, trailerBytes);
  if (!trailer.subarray(0, 8).equals(magic)) return null;
  return {
    format: trailer.readUInt32LE(8),
    generation: trailer.readUInt32LE(12),
    sequence: Number(trailer.readBigUInt64LE(16)),
  };
}

/** Null when the bytes are not an intact image. */
export function decodeImage(bytes: Uint8Array): { trailer: ImageTrailer; database: Uint8Array } | null {
  const trailer = readTrailer(bytes);
  if (trailer === null) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (crc32(bytes.subarray(0, bytes.length - 8)) !== view.getUint32(bytes.length - 8, true)) return null;
  return { trailer, database: bytes.subarray(0, bytes.length - trailerBytes) };
}
