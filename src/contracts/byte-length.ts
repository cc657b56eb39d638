/** Length of a text in UTF-8 bytes; works in the panel's page too, where there is no Node. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
