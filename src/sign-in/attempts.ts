/** Slows down wrong passwords, per username and per address, without locking the person out from elsewhere. */
export type Attempts = {
  /** @throws OAuthError `slow_down` with `retryAfterSeconds` where this username or address must wait. */
  admit(username: string, address: string | undefined): Promise<void>;
  failed(username: string, address: string | undefined): Promise<void>;
  succeeded(username: string, address: string | undefined): Promise<void>;
};
