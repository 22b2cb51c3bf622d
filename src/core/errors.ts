/**
 * The error codes that Gatehouse answers, with the HTTP status each one has where it is answered directly.
 * Sources: RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7591 §3.2.2, RFC 8707 §2, OpenID Connect Core §3.1.2.6.
 */
const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  invalid_scope: 400,
  invalid_target: 400,
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_token: 401,
  insufficient_scope: 403,
  access_denied: 403,
  login_required: 400,
  consent_required: 400,
  temporarily_unavailable: 503,
  slow_down: 429,
  server_error: 500,
} as const;

export type ErrorCode = keyof typeof STATUS;
export const ERROR_CODES = Object.keys(STATUS) as readonly ErrorCode[];

/**
 * A refusal. The client sees `code` and `message`; the operator's log sees `detail` as well.
 * Never put a secret in either text.
 */
export class OAuthError extends Error {
  override readonly name = "OAuthError";
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  /** Seconds after which trying again makes sense; answered as `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
  /** The status where a page answers it, if that is another one. */
  readonly pageStatus: number | undefined;
  /** The `WWW-Authenticate` that goes with a 401 (RFC 6749 §5.2, where the client tried Basic). */
  readonly challenge: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      detail?: string;
      retryAfterSeconds?: number;
      pageStatus?: number;
      challenge?: string;
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.pageStatus = options.pageStatus;
    this.challenge = options.challenge;
  }

  /** The message, as `error_description` may have it. */
  get description(): string {
    return describable(this.message);
  }

  /** The HTTP status of a direct answer. */
  get status(): number {
    return STATUS[this.code];
  }
}

/**
 * Text in the characters that `error_description` may have (RFC 6749 §5.2, RFC 6750 §3): ASCII without `"` and `\`.
 * Our own sentences need nothing else; whatever else gets here is percent-encoded.
 */
export function describable(text: string): string {
  return text.replace(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/gu, percentEncoded);
}

const LONGEST_QUOTED = 200;

/**
 * What a client sent, inside a sentence: cut in length, in quotes that it can't close, and without spaces or letters that
 * look like others, so that it can't pass for a sentence or an address of ours.
 */
export function quoted(text: string): string {
  const shown = text
    .slice(0, LONGEST_QUOTED + 1)
    .replace(/[^\x21\x23-\x26\x28-\x5B\x5D-\x7E]/gu, percentEncoded);
  return shown.length > LONGEST_QUOTED ? `'${shown.slice(0, LONGEST_QUOTED)}...'` : `'${shown}'`;
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`)
    .join("");
}

/** A wrong option, environment variable, file or argument. The message names it and says what would be right. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}
