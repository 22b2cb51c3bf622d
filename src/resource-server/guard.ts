import type { Auth } from "../core/auth.ts";

/** What the guard decides from: a web `Request` is one, and an adapter makes one without building a body. */
export type RequestHead = {
  readonly method: string;
  readonly url: string;
  readonly headers: { get(name: string): string | null };
};

/** Lets a request in as somebody, or answers it. */
export type Guard = {
  (request: RequestHead): Promise<Auth | Response>;
  /** The 403 that asks for every scope an operation needs, or undefined where the token has them (RFC 6750 §3.1). */
  requireScopes(auth: Auth, needed: readonly string[]): Response | undefined;
  /** Forgets what it verified of this grant, so that the next request asks the store. */
  forget(grantId: string): void;
};
