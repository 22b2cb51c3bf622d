import type { Settings } from "../config/settings.ts";
import { alive, notReady } from "../operations/probes.ts";
import { HEALTH_PATH, READY_PATH } from "../operations/routes.ts";
import { json } from "../platform/json.ts";
import { within } from "../platform/within.ts";
import type { OpenServer } from "./open-server.ts";

/** Most starts take less; one that waits for its database, or migrates it, may take long. The database has its time after it. */
const PATIENCE_MS = 500;

/**
 * Answers what comes before the server is open: probes at once, everything else as soon as it is. Where that takes long
 * or fails, the answer is to come again: another instance, or this one at its next start, will do it.
 */
export function fetchOnceOpen(
  opening: Promise<OpenServer>,
  { basePath }: Pick<Settings, "basePath">,
): OpenServer["fetch"] {
  let open: OpenServer | undefined;
  const opened = opening.then(
    (server) => {
      open = server;
      return server;
    },
    () => undefined,
  );
  return async (request, connection) => {
    if (open) return open.fetch(request, connection);
    const { pathname } = new URL(request.url);
    if (pathname === `${basePath}${HEALTH_PATH}`) return alive();
    if (pathname === `${basePath}${READY_PATH}`) return notReady("startup", "The server is starting.");
    const server = await within(PATIENCE_MS, opened, () => undefined);
    return server ? server.fetch(request, connection) : comeAgain(request);
  };
}

function comeAgain(request: Request): Response {
  const headers = { "Retry-After": "2", "Cache-Control": "no-store" };
  if (request.headers.get("accept")?.includes("text/html")) {
    return new Response("The server is starting. Wait a moment, then reload this page.\n", {
      status: 503,
      headers,
    });
  }
  return json(
    { error: "temporarily_unavailable", error_description: "The server is starting. Try again." },
    { status: 503, headers },
  );
}
