const secretMarks =
  /bearer |(?:token|access_token|id_token|refresh_token|session|password|passwd|secret|api_key|apikey)=/i;

/** The text, or `<redacted>` when it looks like it carries a credential. */
export function redactText(text: string): string {
  return secretMarks.test(text) ? "<redacted>" : text;
}
