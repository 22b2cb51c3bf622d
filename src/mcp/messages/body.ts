import { readRequestBody } from "@modelcontextprotocol/server";

/** What a POST held. */
export type JsonBody =
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "malformed" }
  | { readonly kind: "too large" };

/** Reads and parses the body, once for everybody who asks about it later. */
export async function readJson(request: Request, maximumBytes: number): Promise<JsonBody> {
  try {
    const text = await readText(request, maximumBytes);
    return text === undefined ? { kind: "too large" } : { kind: "json", value: JSON.parse(text) };
  } catch {
    return { kind: "malformed" };
  }
}

/** Undefined where there is more of it than we take. */
async function readText(request: Request, maximumBytes: number): Promise<string | undefined> {
  const declared = request.headers.get("content-length");
  // The HTTP parser holds the sender to the length declared. Without one, only counting while reading tells.
  if (declared === null || !/^\d+$/.test(declared)) {
    const read = await readRequestBody(request, maximumBytes);
    return read.tooLarge ? undefined : read.text;
  }
  if (Number(declared) > maximumBytes) return undefined;
  const text = await request.text();
  return text.length > maximumBytes ? undefined : text;
}
