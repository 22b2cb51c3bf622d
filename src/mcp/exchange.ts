import type { AuthInfo } from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import type { Accepted } from "./accepted.ts";

/** One request that was let in. */
export type Exchange = {
  readonly request: Request;
  readonly auth: Auth;
  /** The same, as handlers of the SDK take it. */
  readonly authInfo: AuthInfo;
  readonly accepted: Accepted;
  /** The message of a POST, or its batch. Undefined for GET and DELETE, and for a POST that does not say it is JSON. */
  readonly body: unknown;
};

/** `done` is called once the response was sent, or its stream has ended. */
export type Answer = { readonly response: Response; done(): void };
