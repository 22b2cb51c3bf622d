/** Reads and writes our cookies. `__Host-` needs Secure, which browsers refuse on plain http (RFC 6265bis §4.1.3.2). */
export type Cookies = {
  /** The value of this one of our cookies; undefined where it is missing or empty. */
  read(request: Request, name: string): string | undefined;
  /** Those whose name begins with `prefix`, with what follows it, in the order in which the browser sends them. */
  readAll(request: Request, prefix: string): readonly { readonly rest: string; readonly value: string }[];
  /**
   * A `Set-Cookie` line.
   * @param seconds how long it lives; unless said, until the browser is closed.
   */
  set(name: string, value: string, seconds?: number): string;
  /** The `Set-Cookie` line that deletes it. */
  expire(name: string): string;
};

export function createCookies(issuer: string): Cookies {
  // Parsed: the issuer stays as it was written, and "HTTPS:" is https too.
  const secure = new URL(issuer).protocol === "https:";
  const host = secure ? "__Host-" : "";
  const flags = `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  const readAll: Cookies["readAll"] = (request, prefix) =>
    pairsOf(request)
      .filter(({ name }) => name.startsWith(host + prefix))
      .map(({ name, value }) => ({ rest: name.slice(host.length + prefix.length), value }));
  const set: Cookies["set"] = (name, value, seconds) =>
    `${host}${name}=${value}; ${seconds === undefined ? "" : `Max-Age=${seconds}; `}${flags}`;
  return {
    read: (request, name) => readAll(request, name).find(({ rest }) => rest === "")?.value || undefined,
    readAll,
    set,
    expire: (name) => set(name, "", 0),
  };
}

function pairsOf(request: Request): readonly { readonly name: string; readonly value: string }[] {
  return (request.headers.get("cookie")?.split(";") ?? []).map((part) => {
    // Spaces and tabs alone, where `trim` would take away any white space: a browser lets a sibling site set
    // "\xA0__Host-…", which it does not take for a name with that prefix, and neither may we (RFC 6265bis §4.1.3).
    const [name = "", ...value] = part.replace(/^[ \t]+/, "").split("=");
    return { name, value: value.join("=") };
  });
}
