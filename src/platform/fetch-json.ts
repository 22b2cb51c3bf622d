import { OAuthError } from "../core/errors.ts";

/** Asks an address that the operator configured, and that may be on a private network. */
export type FetchJson = (
  url: string,
  init?: JsonRequest,
) => Promise<{ readonly status: number; readonly body: unknown; readonly headers: Headers }>;

export type JsonRequest = {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | URLSearchParams;
};

/** As much of `fetch` as is needed here. */
export type PlainFetch = (
  url: string,
  init: JsonRequest & { readonly redirect: "manual"; readonly signal: AbortSignal },
) => Promise<Pick<Response, "status" | "headers"> & { readonly body: AsyncIterable<Uint8Array> | null }>;

/** The same, for answers that are read elsewhere. */
export type FetchText = (
  url: string,
  init?: JsonRequest,
) => Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }>;

const TIMEOUT_MS = 5000;
const MAXIMUM_BYTES = 512 * 1024;

/** {@link fetchJson} by a `fetch` of one's own: one that goes through a proxy, or a test's. */
export function fetchJsonBy(fetchIt: PlainFetch): FetchJson {
  const fetchText = fetchTextBy(fetchIt, TIMEOUT_MS);
  return async (url, init = {}) => {
    const headers = { Accept: "application/json", ...init.headers };
    const answer = await fetchText(url, { ...init, headers });
    return { status: answer.status, body: parse(answer.text), headers: answer.headers };
  };
}

/** {@link fetchJsonBy} within a time that is said, and for answers of any kind. */
export function fetchTextBy(fetchIt: PlainFetch, timeoutMs: number): FetchText {
  return async (url, init = {}) => {
    try {
      const response = await fetchIt(url, {
        ...init,
        // An answer like any other that is not the one: some providers send every unknown path to a sign-in page.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await readCapped(response);
      return { status: response.status, text, headers: response.headers };
    } catch (cause) {
      throw new OAuthError("temporarily_unavailable", "The identity provider cannot be reached.", {
        detail: `${new URL(url).origin}: ${reasonOf(cause)}`,
        cause,
      });
    }
  };
}

/**
 * Fetches JSON within five seconds and half a megabyte, following no redirect.
 * @throws OAuthError `temporarily_unavailable` for everything but an answer: an outage is nobody's bad token.
 */
export const fetchJson: FetchJson = fetchJsonBy((target, init) => fetch(target, init));

async function readCapped(response: { readonly body: AsyncIterable<Uint8Array> | null }): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAXIMUM_BYTES) throw new Error(`the answer is larger than ${MAXIMUM_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Undefined for what is no JSON: whoever asked says what was expected. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `fetch` says "fetch failed"; what happened is in its cause, which of several addresses has a code alone. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  if (!(cause instanceof Error)) return message;
  return `${message} (${cause.message || String(Reflect.get(cause, "code") ?? cause.name)})`;
}
