/** Who may read an answer from a browser page (Fetch §3.2): everybody, or these origins. Never with cookies. */
export type CorsPolicy = "*" | readonly string[];

/** Sent in requests by MCP clients that run in a browser. `*` would not cover `Authorization` (Fetch §4.9). */
const ALLOWED_HEADERS = [
  "Authorization",
  "Content-Type",
  "Accept",
  "Mcp-Protocol-Version",
  "Mcp-Session-Id",
  "Mcp-Method",
  "Mcp-Name",
  "Last-Event-ID",
];
const EXPOSED_HEADERS = "WWW-Authenticate, Mcp-Session-Id, Mcp-Protocol-Version, Retry-After";
const PREFLIGHT_SECONDS = 7200;
const HEADER_NAME = /^[A-Za-z0-9-]{1,64}$/;

/** What CORS reads of a request. */
type Head = { readonly headers: { get(name: string): string | null } };

/** Answers `OPTIONS`, before any authentication: a preflight carries none. */
export function preflight(request: Head, policy: CorsPolicy, methods: readonly string[]): Response {
  const allow = [...methods, "OPTIONS"].join(", ");
  const response = new Response(null, { status: 204, headers: { Allow: allow } });
  response.headers.set("Access-Control-Allow-Methods", allow);
  response.headers.set("Access-Control-Allow-Headers", allowedHeaders(request));
  response.headers.set("Access-Control-Max-Age", String(PREFLIGHT_SECONDS));
  return allowOrigin(response, request, policy);
}

/** Lets the page that asks read the answer, where the policy does. */
export function allowOrigin(response: Response, request: Head, policy: CorsPolicy): Response {
  for (const [name, value] of Object.entries(corsHeaders(request, policy))) {
    if (name === "Vary") response.headers.append(name, value);
    else response.headers.set(name, value);
  }
  return response;
}

/** The headers with which the page that asks may read the answer, where the policy lets it. */
export function corsHeaders(request: Head, policy: CorsPolicy): Readonly<Record<string, string>> {
  const exposed = { "Access-Control-Expose-Headers": EXPOSED_HEADERS };
  if (policy === "*") return { "Access-Control-Allow-Origin": "*", ...exposed };
  const origin = request.headers.get("origin");
  if (origin === null || !policy.includes(origin)) return { Vary: "Origin" };
  return { Vary: "Origin", "Access-Control-Allow-Origin": origin, ...exposed };
}

/** Ours, and those that this request asks for: 2026-07-28 has an `Mcp-Param-…` for any parameter of any tool. */
function allowedHeaders(request: Head): string {
  const known = new Set(ALLOWED_HEADERS.map((name) => name.toLowerCase()));
  const asked = (request.headers.get("access-control-request-headers") ?? "")
    .split(",")
    .map((name) => name.trim())
    .filter((name) => HEADER_NAME.test(name) && !known.has(name.toLowerCase()));
  return [...ALLOWED_HEADERS, ...asked.slice(0, 50)].join(", ");
}
