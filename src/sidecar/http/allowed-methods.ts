/** Which methods there are for an address, to tell a wrong method from a wrong address. */
export class AllowedMethods {
  readonly #routes: { readonly pattern: RegExp; readonly method: string }[] = [];

  /** @param url as Fastify has it, with `:name` for what varies */
  add(method: string | readonly string[], url: string): void {
    const pattern = new RegExp(
      `^${url.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/:[a-z_]+/g, "[^/]+")}$`,
    );
    for (const one of [method].flat()) this.#routes.push({ pattern, method: one });
  }

  of(path: string): string[] {
    const found = this.#routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return [...new Set(found)].sort();
  }
}
