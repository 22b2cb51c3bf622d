/**
 * A response of JSON. `Response.json` would make one of another class where a host has put a `Response` of its own in the
 * place of the global one (`@hono/node-server` 1.x does), and `instanceof Response` would let a refusal pass for an answer.
 */
export function json(body: unknown, init: ResponseInit = {}): Response {
  const headers = new Headers(init.headers);
  headers.set("Content-Type", "application/json");
  return new Response(JSON.stringify(body), { ...init, headers });
}
