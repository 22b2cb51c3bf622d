/** What a tool has of one of the person's services: `context.upstream("github")`. */
export type UpstreamAccess = {
  /**
   * An access token of the person who calls, refreshed where it has to be.
   *
   * @param options.refused a token that the service answered 401 to. It is refreshed then, or the person has to connect again
   * @throws UpstreamNotConnected where the person has not connected the service, or has to connect it again: let it through, and
   * the client gets the link
   * @throws OAuthError `temporarily_unavailable` where the service, or the database, gives no answer now: try again later
   */
  accessToken(options?: RefusedByUpstream): Promise<string>;
  /**
   * The key that the person stored.
   *
   * @param options.refused a key that the service refused: the person has to store another one
   * @throws UpstreamNotConnected as {@link UpstreamAccess.accessToken} does
   */
  key(options?: RefusedByUpstream): Promise<string>;
};

export type RefusedByUpstream = { readonly refused?: string | undefined };

/**
 * The person has not connected a service, or has to connect it again. Thrown to a tool by `context.upstream(name)`; a tool that
 * lets it through answers with the link. Its message has no link, so that it may be logged.
 */
export class UpstreamNotConnected extends Error {
  override readonly name = "UpstreamNotConnected";
  /** The name of the service, as the options have it. */
  readonly upstream: string;
  /** What people call it. */
  readonly label: string;
  /** Whether a key is to be stored, rather than an account connected. */
  readonly isKey: boolean;
  readonly #connectUrl: string;

  constructor(
    upstream: { readonly name: string; readonly label: string; readonly isKey: boolean },
    connectUrl: string,
  ) {
    super(`${upstream.label} is not connected, or has to be connected again.`);
    this.upstream = upstream.name;
    this.label = upstream.label;
    this.isKey = upstream.isKey;
    this.#connectUrl = connectUrl;
  }

  /** Where the person connects it, signed in as themselves. For them alone, and for ten minutes: never log it. */
  get connectUrl(): string {
    return this.#connectUrl;
  }
}

/** What the tools of a server reach of the people who call them. */
export type Upstreams = {
  /** @throws Error where the server has no upstream of this name: a mistake in the tool */
  access(personId: string, name: string): UpstreamAccess;
  /** Whether the person has connected it, and need not connect again as far as is known. */
  isConnected(personId: string, name: string): Promise<boolean>;
};
