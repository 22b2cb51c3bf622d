import type { AuthInfo } from "@modelcontextprotocol/server";
import type { Auth } from "../core/auth.ts";
import type { Accepted } from "./accepted.ts";
import type { Registration } from "./registration.ts";

/** One request that was let in. */
export type Exchange = {
  readonly request: Request;
  readonly auth: Auth;
  /** The same, as handlers of the SDK take it. */
  readonly authInfo: AuthInfo;
  readonly accepted: Accepted;
  /** The message of a POST, or its batch. Undefined for GET and DELETE, and for a POST that does not say it is JSON. */
  readonly body: unknown;
  /** The registrations that the message can reach; undefined where these may be any. */
  readonly reached: readonly Registration[] | undefined;
};

/** What stays with a message for as long as anything that it began: not the request, nor its body of up to 4 MB. */
export type CurrentMessage = Pick<Exchange, "auth" | "reached">;

/** `done` is called once the response was sent, or its stream has ended. */
export type Answer = { readonly response: Response; done(): void };
