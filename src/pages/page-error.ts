import { type ErrorCode, OAuthError } from "../core/errors.ts";
import type { Look } from "./look.ts";
import { english, type Texts } from "./texts/en.ts";

/** Finds a sentence in the texts of a language. */
export type Says = (texts: Texts) => string;

type Options = NonNullable<ConstructorParameters<typeof OAuthError>[2]>;

/**
 * A refusal that a person reads on a page, in the language of the pages. Its message, which the log and a client get, is the same
 * sentence in English.
 */
export class PageError extends OAuthError {
  readonly says: Says;
  readonly advises: Says | undefined;

  /** @param options.advises what to do, where that is not to connect again */
  constructor(
    code: ErrorCode,
    says: Says,
    { advises, ...options }: Options & { readonly advises?: Says | undefined } = {},
  ) {
    super(code, says(english), options);
    this.says = says;
    this.advises = advises;
  }
}

/** What a page says of a refusal. The sentences of the protocol itself are for developers, and in English. */
export function sentenceOf(error: OAuthError, { texts }: Pick<Look, "texts">): string {
  return error instanceof PageError ? error.says(texts) : error.message;
}

/** The same refusal with the page's sentence as its message, for a page of the operator's own. */
export function translated(error: OAuthError, look: Pick<Look, "texts">): OAuthError {
  if (!(error instanceof PageError)) return error;
  const { code, message, detail = message, retryAfterSeconds, pageStatus, cause } = error;
  return new OAuthError(code, sentenceOf(error, look), {
    detail,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    ...(pageStatus !== undefined && { pageStatus }),
    cause,
  });
}
