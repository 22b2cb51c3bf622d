import { isIP } from "node:net";
import { isLoopbackHost } from "../core/hosts.ts";

/**
 * Refuses requests under a foreign name to a server whose public URL is this computer. Without it a web page could
 * point its own host name at 127.0.0.1 (DNS rebinding) and pass for same-origin. Where the public URL is a name,
 * browsers and proxies reach us under it, and nothing is asked.
 * @param probes paths of what asks whether we are well: it may call us by any name, as it learns nothing else
 * @returns what gives the answer to a request (RFC 9110 §15.5.20), or undefined to go on.
 */
export function foreignHostRefusal(
  issuer: string,
  ownHost: string,
  probes: readonly string[],
): (request: Request) => Response | undefined {
  const { hostname: own } = new URL(issuer);
  if (!isLoopbackHost(own)) return () => undefined;
  return (request) => {
    const url = new URL(request.url);
    if (url.hostname === own || !isForeignName(url, ownHost) || probes.includes(url.pathname))
      return undefined;
    return new Response(
      `This server is ${issuer}. To be reached as ${url.hostname}, it needs that as its public URL (publicUrl).\n`,
      { status: 421 },
    );
  };
}

/** Whether a server on this computer was called by a name that is not its own. An address is none: it cannot be rebound. */
export function isForeignName({ hostname }: URL, ownHost: string): boolean {
  const bare = hostname.replace(/^\[|\]$/g, "");
  return !isLoopbackHost(hostname) && isIP(bare) === 0 && bare !== ownHost;
}
