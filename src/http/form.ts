import { OAuthError } from "../core/errors.ts";
import { type Params, readParamsOnce } from "../core/params.ts";

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;
const MAXIMUM_FORM_BYTES = 64 * 1024;

/**
 * The parameters of a form body (RFC 6749 appendix B).
 * @param maximumBytes 64 KiB unless said
 * @throws OAuthError `invalid_request`: another media type (415 is no OAuth error), too large, or a repeated parameter.
 */
export async function readForm(
  request: Request,
  repeatable?: ReadonlySet<string>,
  maximumBytes = MAXIMUM_FORM_BYTES,
): Promise<Params> {
  if (!FORM.test(request.headers.get("content-type") ?? "")) {
    throw new OAuthError(
      "invalid_request",
      "Send the parameters as application/x-www-form-urlencoded in the body.",
    );
  }
  return readParamsOnce(await readText(request, maximumBytes), repeatable);
}

/** A body's text, refused as soon as it is larger than allowed. */
export async function readText(request: Request, maximumBytes: number): Promise<string> {
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > maximumBytes) throw tooLarge(maximumBytes);
    // node:http cuts a body at its declared length, so this one fits.
    return request.text();
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maximumBytes) throw tooLarge(maximumBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function tooLarge(maximumBytes: number): OAuthError {
  return new OAuthError("invalid_request", `The body is larger than ${maximumBytes} bytes.`);
}
