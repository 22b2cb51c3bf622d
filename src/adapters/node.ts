import type { IncomingMessage } from "node:http";
import type { RequestHead } from "../resource-server/guard.ts";

/**
 * The head of one of Node's requests. The body stays where it is.
 * @param target as it came, before a router took a part off
 */
export function headOf(request: IncomingMessage, target: string): RequestHead {
  return {
    method: request.method ?? "GET",
    url: urlOf(target),
    headers: {
      // As web headers do it: Node alone would drop the second of two Authorization headers, and let the first one in.
      get: (name) => valuesOf(request, name.toLowerCase())?.join(", ") ?? null,
    },
  };
}

/**
 * The bytes of a body that a framework's parser has read, or undefined where none did.
 * @param body what the parser made of it: text, bytes, the fields of a form, or JSON
 */
export function parsedBodyOf(contentType: string | undefined, body: unknown): Buffer | undefined {
  if (body === undefined) return undefined;
  if (Buffer.isBuffer(body)) return body;
  if (typeof body === "string") return Buffer.from(body);
  return Buffer.from(
    contentType?.startsWith("application/x-www-form-urlencoded") ? formOf(body) : JSON.stringify(body),
  );
}

function formOf(fields: unknown): string {
  const form = new URLSearchParams();
  for (const [name, values] of Object.entries(fields ?? {})) {
    for (const value of [values].flat()) form.append(name, String(value));
  }
  return form.toString();
}

/**
 * Every value of a header. The raw list has them all; requests that no socket brought (serverless wrappers) may fill only
 * the joined view.
 */
function valuesOf({ headers, rawHeaders }: IncomingMessage, name: string): readonly string[] | undefined {
  if (rawHeaders === undefined || rawHeaders.length === 0) {
    const value = headers[name];
    return value === undefined ? undefined : [value].flat();
  }
  const values = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  );
  return values.length > 0 ? values : undefined;
}

/** Only the path is of use: the host is what the client says, and every URL that is spoken is configured. */
function urlOf(target: string): string {
  const url = target.startsWith("/") ? `http://localhost${target}` : target;
  return URL.parse(url)?.href ?? "http://localhost/";
}
